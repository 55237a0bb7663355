#!/bin/sh
# Makes the passwords of a store with a replica and three Sentinels, and the files that hold them, in deploy/secrets/.
# Run it once: what is there already is never made anew. No password is an argument of any command.
#
#   sh deploy/prepare.sh           # makes deploy/secrets/
#   sh deploy/prepare.sh rights    # after an upgrade: gives the store's users the rights of this release, same passwords
set -eu
umask 077
cd "$(dirname "$0")"

out=secrets
if [ "${1:-}" = rights ]; then
    [ -e $out/users.acl ] || { echo "there is no deploy/$out/users.acl yet; run this without 'rights' first" >&2; exit 1; }
    draft=$(mktemp $out/.rights.XXXXXX)
    trap 'rm -f "$draft"' EXIT
    # The password (the fourth word) of each user stays; everything else is said by store/users.acl.
    awk 'NR == FNR { if ($4 ~ /^>/) word[$2] = $4; next }
        $4 ~ /^>/ { if (!($2 in word)) { print "no password for " $2 > "/dev/stderr"; exit 1 } $4 = word[$2] }
        { print }' $out/users.acl store/users.acl > "$draft"
    # Written into the file that is there, which keeps its owner and is the one that the containers see.
    cat "$draft" > $out/users.acl
    echo "deploy/$out/users.acl has the rights of this release. Restart store-2, then store-1 (docs/upgrading.md)."
    exit
fi
if [ -e $out ]; then
    echo "deploy/$out is there already; nothing was changed" >&2
    exit 1
fi
draft=$(mktemp -d ./.secrets.XXXXXX)
trap 'rm -rf "$draft"' EXIT

password() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
bot=$(password) replica=$(password) sentinel=$(password) guide=$(password)

# The words to put in are read by sed from a file, so that they stand in no list of processes.
cat > "$draft/.words" << WORDS
s|BOT_PASSWORD|$bot|g
s|REPLICA_PASSWORD|$replica|g
s|SENTINEL_PASSWORD|$sentinel|g
s|GUIDE_PASSWORD|$guide|g
s|ACL_FILE|${ACL_FILE:-/run/secrets/users.acl}|g
s|PRIMARY_NAME|store-1|g
s|PRIMARY_PORT|6379|g
WORDS
sed -f "$draft/.words" store/users.acl > "$draft/users.acl"
for number in 1 2; do
    { sed -f "$draft/.words" store/valkey.conf | sed "s|OWN_NAME|store-$number|"; } > "$draft/store-$number.conf"
done
echo "replicaof store-1 6379" >> "$draft/store-2.conf"
for number in 1 2 3; do
    { sed -f "$draft/.words" store/sentinel.conf | sed "s|OWN_NAME|sentinel-$number|"; } > "$draft/sentinel-$number.conf"
done
hosts=sentinel-1:26379,sentinel-2:26379,sentinel-3:26379
cat > "$draft/bot.env" << SETTINGS
WAYMARK_STORE_URL=redis+sentinel://waymark:$bot@$hosts/people?sentinel_password=$guide
WAYMARK_TELEGRAM_TOKEN=
WAYMARK_TELEGRAM_WEBHOOK_URL=
WAYMARK_PUBLIC_URL=
WAYMARK_ALARM_SMTP_URL=
WAYMARK_ALARM_MAIL_FROM=
WAYMARK_ALARM_MAIL_TO=
WAYMARK_ALARM_WEBHOOK_URL=
WAYMARK_ALARM_WEBHOOK_SECRET=
WAYMARK_WATCH_URL=
SETTINGS
rm "$draft/.words"
# The containers of the store run as user 999 and must be able to read their files; bot.env is read by the engine.
if [ "$(id -u)" = 0 ]; then
    chown 999:999 "$draft"/*.conf "$draft/users.acl"
else
    echo "Not root: give deploy/$out/*.conf and users.acl to user 999, for the containers of the store." >&2
fi
mv "$draft" $out
trap - EXIT
echo "Made deploy/$out. Now put the bot's token, its addresses and whom to wake into deploy/$out/bot.env."
