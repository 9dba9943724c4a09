"""What a radio telescope detects of a pulsar."""
