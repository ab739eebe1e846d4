# shellcheck shell=bash
# An engine without GPU state and without sleep: nothing is to be done around a checkpoint.
engine_version() { echo "$RUN_ENGINE"; }    # part of the image, which is named by its id
engine_prepare() { :; }
engine_compiled() { false; }
engine_put_away() { :; }
engine_beside_restore() { :; }
engine_sleeps() { false; }
engine_bring_back() { :; }
engine_after_first_token() { :; }
engine_stop() { :; }
