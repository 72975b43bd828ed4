"""The sentences and words of the story grammar.

Every sentence ends with its only full stop and every word has no spaces, so a story says how it was told: its
sentences are told apart first, then their templates, then the words in the slots. Commoner words come first.
"""

OPENINGS = (
    "Once upon a time there was a {trait} child named {hero}, who lived near the {place} with a {friend}.",
    "In a {trait} house by the {place} lived {hero} and a little {friend}.",
    "{hero} was a {trait} child, and the best friend of {hero} was a {friend} from the {place}.",
    "Long ago, {hero} and a {friend} built a {trait} boat and sailed away from the {place}.",
)
WISHES = (
    "One day, {hero} wanted to find a {treasure}.",
    "One morning, the {friend} told {hero} about a lost {treasure}.",
    "That summer, everyone was looking for the {treasure} of the {friend}.",
)
EVENTS = (
    "They met a {quality} {stranger}, who asked for a {gift}.",
    "{hero} found a {gift} under a {quality} {landmark}.",
    "The {friend} heard a {quality} {stranger} sing behind the {landmark}.",
    "A {stranger} gave them a {quality} {gift}.",
    "It began to {weather}, so they hid behind a {quality} {landmark}.",
    "The {friend} was {feeling}, but {hero} only laughed at the {stranger}.",
    '"Where is the {treasure}?" asked {hero}, and the {stranger} pointed to the {quality} {landmark}.',
    "At night they slept near a {landmark} and dreamed of a {quality} {gift}.",
)
ENDINGS = (
    "At last they found the {treasure}, and {hero} felt {feeling}.",
    "They never found the {treasure}, but {hero} was {feeling} to be home.",
    "In the end the {friend} kept the {treasure}, and everyone in the {place} was {feeling}.",
)
NUM_EVENTS = (3, 4, 5, 6, 7)

WORDS = {
    slot: tuple(words.split())
    for slot, words in {
        "hero": "Lily Tom Anna Ben Mia Max Sara Tim Lucy Sam Emma Jack Rosa Finn Nora Leo Ida Hugo Vera Otto Wilma "
        "Arlo Zelda Quentin",
        "trait": "kind happy small brave quiet clever funny shy proud gentle curious lonely merry sleepy stubborn "
        "thoughtful",
        "place": "forest river sea village mountain lake farm castle desert island valley market harbour swamp canyon "
        "lighthouse",
        "friend": "dog cat rabbit bird fox bear mouse frog turtle squirrel duck goat hedgehog raven badger lizard",
        "treasure": "key ring book map crown song lamp coin bell mirror kite feather compass violin teapot telescope",
        "quality": "big red young tiny strange green soft bright cold broken golden round noisy silver crooked dusty "
        "wooden hollow purple velvet",
        "stranger": "man witch king boy giant girl queen sailor baker wizard farmer pirate tailor painter shepherd "
        "dragon beggar juggler clockmaker mermaid",
        "gift": "ball cake flower plum hat toy drum shell button stone ribbon candle whistle basket pumpkin blanket "
        "necklace lantern thimble marble",
        "landmark": "tree rock door bridge wall well tower fence hill gate cave bush barn statue haystack windmill "
        "chimney fountain wagon tombstone",
        "weather": "rain snow storm hail thunder drizzle",
        "feeling": "happy sad glad tired scared proud angry lucky hungry surprised calm jealous dizzy grateful bored "
        "homesick",
    }.items()
}
