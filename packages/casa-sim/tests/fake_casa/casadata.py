"""Stands in for casadata."""

datapath = "/nowhere"
