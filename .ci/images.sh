#!/usr/bin/env bash
# Builds the images of the container provider from binaries on this machine, FROM scratch, where no image registry can
# be reached. Each has the entrypoint its official image has, so the same code starts both.
# usage: images.sh TOOL_FOLDER    (the folder with toxiproxy-server, ollama and k6)
set -euo pipefail
tools=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# image NAME ENTRYPOINT_JSON CMD_JSON BINARY [AS]: the binary, the libraries it is linked to, and busybox as /bin/sh,
# because testcontainers' default wait runs a shell inside.
image() {
  local name=$1 entrypoint=$2 cmd=$3 binary=$4 as=${5:-$(basename "$4")} root
  root=$work/$(basename "${name%%:*}")/root
  mkdir -p "$root/bin" "$root/tmp" "$root/etc"
  chmod 1777 "$root/tmp"
  cp -L "$binary" "$root/bin/$as"
  cp -L "$(command -v busybox)" "$root/bin/sh"
  { ldd "$binary" || true; } | grep -o '/[^ ]*' | sort -u | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
  # Go's resolver reads this before it asks DNS; without it "localhost" is looked up on the network.
  echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
  cat > "$work/$(basename "${name%%:*}")/Dockerfile" <<DOCKERFILE
FROM scratch
COPY root/ /
ENV PATH=/bin HOME=/tmp
ENTRYPOINT $entrypoint
CMD $cmd
DOCKERFILE
  docker build --quiet --tag "$name" "$work/$(basename "${name%%:*}")" > /dev/null
  echo "  built $name ($(docker image inspect --format '{{.Size}}' "$name" | awk '{printf "%.0f MB", $1 / 1e6}'))"
}

image gauntlet-local/redis:7 '[]' '["redis-server"]' "$(command -v redis-server)"
image gauntlet-local/toxiproxy:2 '["toxiproxy-server"]' '["-host=0.0.0.0"]' "$tools/toxiproxy-server"
image gauntlet-local/ollama:0.6.5 '["ollama"]' '["serve"]' "$tools/ollama"
image gauntlet-local/k6:1.8.1 '["k6"]' '[]' "$tools/k6"

# The base of the gateway's own image (gateway/deploy): Node alone, as the official slim image has it, and no shell that it needs.
image gauntlet-local/node:24 '[]' '["node"]' "$(node -p process.execPath)" node
# nginx drops its rights to a user that it looks up, and opens a log before it reads where to.
mkdir -p "$work"/nginx/root/{etc,var/log/nginx,var/lib/nginx,run}
printf 'root:x:0:0::/:\nnobody:x:65534:65534::/:\n' > "$work/nginx/root/etc/passwd"
printf 'root:x:0:\nnobody:x:65534:\nnogroup:x:65534:\n' > "$work/nginx/root/etc/group"
image gauntlet-local/nginx:1 '[]' '["nginx", "-g", "daemon off;"]' "$(command -v nginx)"
