"""All kinds of faults, in the order in which they are tried."""

import arguments
import crashes
import damage
import environments
import full_disk
import hostile
import kills
import limits
import races
import records
import refusals
import shown
import signals
import strangers

KINDS = tuple(
    module.KIND
    for module in (
        kills, crashes, signals, damage, full_disk, refusals, limits, arguments, hostile, records, strangers, shown,
            environments, races,
    )
)  # fmt: skip
