#!/bin/sh
# Runs phase2 over one repository, the working folder, for engines that commit what a script leaves behind. Violations without
# a fix are no failure here. What phase2 couldn't read or write is: the engine then makes no pull request.
set -eu

status=0
phase2 fix --quiet --output-format concise "$@" || status=$?
if [ "$status" -gt 1 ]; then
  exit "$status"
fi
