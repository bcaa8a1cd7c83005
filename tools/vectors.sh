#!/bin/sh
# SPDX-License-Identifier: MIT
#
# vectors.sh <fuzz target>: the folder of its vectors, which some have in common.
case $1 in
memory) echo tests/vectors/socketio ;;
server_memory) echo tests/vectors/server ;;
*) echo "tests/vectors/$1" ;;
esac
