"""The one door to the outside world: sockets, the sniffer, capture files, the clock. What comes out is a Recording."""
