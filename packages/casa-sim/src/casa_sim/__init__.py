"""What ALMA would see of a sky model: real CASA, run safely as a worker."""
