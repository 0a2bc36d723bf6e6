#!/usr/bin/env bash
# Builds the gateway's image. usage: image.sh TAG [BASE_IMAGE]
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=$1 base=${2:-node:24-slim}
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
node harness/build.mjs
mkdir -p "$context/dist"
cp -r dist/gateway dist/schemas "$context/dist/"
# Only what the gateway itself needs: the harness's dependencies have no business in a production image.
node gateway/deploy/dependencies.mjs package.json dist/gateway > "$context/package.json"
(cd "$context" && npm install --omit=dev --no-audit --no-fund --ignore-scripts --silent)
docker build --quiet --build-arg "BASE=$base" --tag "$tag" --file gateway/deploy/Dockerfile "$context"
