#!/bin/sh
# Builds the image of a release and scans it: sh docker/release.sh REGISTRY/NAME TAG
# EXTRAS names extras of pyproject.toml. docs/operate.md has the rest.
set -eu
image=$1 tag=$2

version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' app/__init__.py)
if [ "$tag" != "v$version" ]; then
    echo "The tag $tag is not v and the version in app/__init__.py: tag v$version, or raise the version." >&2
    exit 1
fi
docker build --pull --tag "$image:$version" --file docker/Dockerfile \
    --build-arg EXTRAS="${EXTRAS:-}" --build-arg VERSION="$version" \
    --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo "${CI_COMMIT_SHA:-unknown}")" .

# The scanner gets a copy: with the daemon's socket it could replace the image.
archive=$(mktemp)
trap 'rm -f "$archive"' EXIT
docker save --output "$archive" "$image:$version"
scan=$(docker create anchore/grype:v0.111.0 docker-archive:/image.tar --only-fixed --fail-on high)
trap 'rm -f "$archive"; docker rm "$scan"' EXIT
docker cp "$archive" "$scan:/image.tar"
docker start --attach "$scan"
