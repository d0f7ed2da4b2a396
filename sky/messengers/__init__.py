"""Events of other messengers: gravitational waves, neutrinos, bursts; where they may have been.

localisation.py    what a place on the sky is worth by an event's map or circle
sky_map.py         a map of HEALPix cells of many sizes
fits_maps.py       such maps, and flat ones, of FITS
circle.py          a place with an error radius
compiled.py        the loop that finds a place's pixel
notices.py         what observatories publish, read leniently
events.py          the events that filters ask now
rates.py           how many alerts a night are there by chance
"""
