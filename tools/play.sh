#!/bin/sh
# Plays the nights of examples/ in this repository, which is itself a root.
# usage: sh tools/play.sh SEGUR
set -eu

segur=$1
root=$(cd "$(dirname "$0")/.." && pwd)
marker=var/.demonstration
cd "$root"

# A real root may live here: only what this script made is ever removed.
if [ -e var/segur.db ] && [ ! -e "$marker" ]; then
    echo "var/ holds a database that is not the demonstration's: nothing was touched." >&2
    echo "Play the nights in a clone of their own." >&2
    exit 1
fi
rm -rf var
for folder in inbox outbox; do
    find "$folder" -mindepth 1 ! -name .gitkeep -delete
done
[ -e segur.conf ] && fresh=no || fresh=yes
mkdir -m 0700 var
touch "$marker"
"$segur" init . >/dev/null
# The drops have only just been copied: the demonstration does not wait until they have been quiet. What a service says
# of the law is invented.
if [ "$fresh" = yes ]; then
    sed -i 's/^stabilite_s = .*/stabilite_s = 0/' segur.conf
    cat examples/droit.conf >>segur.conf
fi

for night in examples/nuit-*; do
    cp -R "$night"/inbox/. inbox/
    "$segur" run --root . --date "$(cat "$night/date")"
done

cat <<'END'

────────────────────────────────────────────────────────────────────────
Les nuits sont jouées. Où regarder :
  outbox/fournisseurs/<compte>/       les réponses à chaque fournisseur, et les fichiers à corriger
  outbox/mails/new/                   les courriels prêts à partir
  outbox/asp/retours/                 la réponse à chaque fichier de l'ASP
  outbox/asp/rapports/courant/        les dix rapports CSV et leurs schémas
END
echo "Et en ligne de commande :"
echo "  $segur list"
echo "  $segur show ENR0001M0"
echo "  $segur run --help"
