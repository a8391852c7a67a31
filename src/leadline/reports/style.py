"""How pages look. Colours are named by what they are for; charts use the same names, so that they follow light and dark."""

from __future__ import annotations

# Inside somebody else's page nothing is known of the background: ink is whatever its text is, other colours bear light and dark.
BLOCKS = """
.leadline { --ink: currentColor; --quiet: color-mix(in srgb, currentColor 68%, transparent);
  --line: color-mix(in srgb, currentColor 18%, transparent); --mark: color-mix(in srgb, currentColor 8%, transparent);
  --accent: #3d86c6; --good: #2f9a61; --warn: #b9791f; font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; overflow-wrap: anywhere }
.leadline h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem }
.leadline h2 { margin: 2.2rem 0 .4rem; font-size: 1.2rem }
.leadline p { margin: .3rem 0 }
.leadline .strong { font-size: 1.1rem; font-weight: 600 }
.leadline .quiet { color: var(--quiet) }
.leadline .good { color: var(--good); font-weight: 600 }
.leadline .warning { color: var(--warn) }
.leadline .scroll { overflow-x: auto }
.leadline table { border-collapse: collapse; margin: .6rem 0; font-size: .92rem; overflow-wrap: normal }
.leadline th, .leadline td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line) }
.leadline td { max-width: 22rem; overflow-wrap: break-word }
.leadline th { color: var(--quiet); font-weight: 600 }
.leadline td.number, .leadline th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
.leadline tr.marked { background: var(--mark); font-weight: 600 }
.leadline pre { overflow-x: auto; padding: .6rem; margin: .4rem 0; border: 1px solid var(--line); border-radius: .3rem; font-size: .9rem }
.leadline .charts { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); margin: .8rem 0 }
.leadline figure { margin: 0; max-width: 30rem; min-width: 0 }
.leadline figure svg { display: block; width: 100%; height: auto; overflow: visible }
.leadline figure p { color: var(--quiet); font-size: .9rem }
.leadline .gallery { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 10.5rem), 1fr)); margin: .8rem 0 }
.leadline .gallery.told { grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)) }
.leadline .card { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem; font-size: .88rem; min-width: 0 }
.leadline .card img { display: block; width: 100%; height: 9rem; object-fit: contain; background: var(--mark); margin-bottom: .4rem }
.leadline dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .6rem; margin: .3rem 0 }
@media (max-width: 40rem) { .leadline td:not(.number) { min-width: 5.5rem } }
.leadline dt { color: var(--quiet) } .leadline dd { margin: 0 }
"""

# On a page of ours the background is known, so that colours have the contrast that small text needs.
PAGE = """
:root { color-scheme: light dark; --page-ink: #1d2733; --paper: #fff }
body { margin: 0; padding: 1.5rem 1rem 3rem; color: var(--page-ink); background: var(--paper) }
main.leadline { margin: 0 auto; --accent: #1f6fb2; --good: #14713d; --warn: #8a5a00 }
@media (prefers-color-scheme: dark) {
  :root { --page-ink: #e6ebf0; --paper: #14191f }
  main.leadline { --accent: #5fa8e6; --good: #6fd39b; --warn: #f0c36b }
}
"""
