#!/usr/bin/env bash
# Debian packages that tests use and pip cannot bring: a database server, a browser, an office suite that opens our
# documents. Installs what is missing when it can (root and apt-get); otherwise the tests that need one say so and skip.
set -u

missing=()
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium fonts-liberation)
command -v soffice >/dev/null || missing+=(libreoffice-writer-nogui libreoffice-calc-nogui fonts-liberation)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
((${#missing[@]})) || exit 0

if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
  echo "Not installed, so some tests will skip: ${missing[*]}"
  exit 0
fi
echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
log="$(mktemp)"
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  echo "apt-get could not install ${missing[*]}:" && tail -n 5 "$log"
fi
rm -f "$log"
exit 0
