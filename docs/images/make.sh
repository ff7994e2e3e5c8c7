#!/bin/sh
# Makes the pictures in this folder: docs/images/make.sh
set -eu
cd "$(dirname "$0")/../.."
mkdir -p target/browser
cp tests/browser/package.json tests/browser/package-lock.json tests/browser/.npmrc target/browser/
npm ci --prefix target/browser --ignore-scripts --no-audit --no-fund
cargo run -q -- status --root fixtures/demo -o html=target/browser/status.html
for scheme in light dark; do
  node tests/browser/screenshot.mjs target/browser/node_modules target/browser/status.html \
    "docs/images/status-$scheme.png" "$scheme" 800 888
done
