"""The Galaxy: where stars are born, how they move, where they are on the sky."""
