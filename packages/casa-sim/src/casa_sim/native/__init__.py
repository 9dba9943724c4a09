"""The native simulator, stage by stage: each module stands alone and needs no CASA."""
