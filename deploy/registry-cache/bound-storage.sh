# Before a cache starts: empties its folder when it holds more than CACHE_MEBIBYTES. All of it can be pulled again.
set -eu
: "${STATE_DIRECTORY:?}" "${CACHE_MEBIBYTES:?}"
used=$(du -sm "$STATE_DIRECTORY/" | cut -f1)
[ "$used" -gt "$CACHE_MEBIBYTES" ] || exit 0
echo "the cache has $used MiB of at most $CACHE_MEBIBYTES: it begins empty"
find "$STATE_DIRECTORY/" -mindepth 1 -delete
