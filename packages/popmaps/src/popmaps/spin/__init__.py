"""Spin and magnetic field of a neutron star from birth to today."""
