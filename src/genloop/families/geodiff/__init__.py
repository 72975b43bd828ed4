"""GeoDiff: conformations of molecules by geometric diffusion."""
