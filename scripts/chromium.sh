#!/bin/sh
# Make sure the browser tests have a Chromium and Chinese fonts. They are never skipped: no browser, no test run.
set -eu

find_chromium() {
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        if command -v "$name" >/dev/null 2>&1 && "$name" --version --no-sandbox >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

has_chinese_font() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null)" ]
}

find_chromium && has_chinese_font && exit 0

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
    echo "Installing Chromium and Chinese fonts with apt" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    find_chromium || apt-get install -y -qq --no-install-recommends chromium >&2
    has_chinese_font || apt-get install -y -qq --no-install-recommends fontconfig fonts-noto-cjk >&2
    find_chromium && exit 0
fi

find_chromium && {
    echo "No Chinese font was found; install fonts-noto-cjk (or another) for true pictures." >&2
    exit 0
}

cat >&2 <<'TEXT'
The browser tests need Chromium on PATH (chromium, chromium-browser or google-chrome).
  Debian:  sudo apt-get install chromium fonts-noto-cjk
  Ubuntu:  sudo snap install chromium, or Google Chrome's own package; and fonts-noto-cjk
  Fedora:  sudo dnf install chromium google-noto-sans-cjk-fonts
Then run `make test` again.
TEXT
exit 1
