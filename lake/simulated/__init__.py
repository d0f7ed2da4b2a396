"""Simulated seasons of others, PLAsTiCC's and SNANA's, as the alerts that Rubin would have sent.

curves.py    light curves on disk, each by rising time, whatever their number
season.py    a season: where its curves and objects come from, and its alerts in the order of time
plasticc.py  Kaggle's CSV files
snana.py     SNANA's FITS files, in which ELAsTiCC's are published
records.py   one alert's bytes, out of what lies before it and nothing else
truth.py     what is true of the objects: never in an alert
"""
