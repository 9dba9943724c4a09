"""Maps of populations, and the datasets made of them."""
