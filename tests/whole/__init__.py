"""Tests of everything together: the real wiring on a real store, with people at the doors."""
