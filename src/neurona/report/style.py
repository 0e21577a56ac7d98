"""How a page looks: on a phone and on paper, light and dark."""

from __future__ import annotations

from neurona.plots.themes import DARK, LIGHT, Theme

_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,header,footer{max-width:68rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem}
footer{padding-bottom:2rem;color:var(--faint);font-size:.875rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.2rem 0 .6rem;padding-top:.8rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.3rem 0 .4rem}
p,li{max-width:46rem;overflow-wrap:anywhere}
p{margin:.5rem 0}
nav ul{list-style:none;padding:0;margin:.6rem 0;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem}
a{color:var(--link)}
a:focus-visible,.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--link);
outline-offset:2px}
nav a{display:inline-block;padding:.15rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;
margin:1rem 0;padding:0}
.cards div{background:var(--soft);border-radius:.5rem;padding:.6rem .8rem}
.cards dt{font-size:.8125rem;color:var(--faint)}
.cards dd{margin:0;font-size:1.2rem;font-weight:600;overflow-wrap:anywhere}
.cards dd small{display:block;font-size:.8125rem;font-weight:400;color:var(--faint)}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;margin:.6rem 0;font-size:.875rem;
font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--faint);padding-bottom:.3rem}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:left;
vertical-align:top}
th{font-weight:600}
td.n,th.n{text-align:right;white-space:nowrap}
td.w{overflow-wrap:anywhere;min-width:5.5rem}
td.long{overflow-wrap:anywhere;min-width:15rem}
th{overflow-wrap:break-word}
table.matrix th,table.matrix td{overflow-wrap:normal;padding:.25rem .35rem;
text-align:center;min-width:1.9rem;border:1px solid var(--paper)}
table.matrix th[scope=row]{text-align:right}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));
gap:1rem 1.5rem}
figure{margin:.4rem 0}
figcaption{font-size:.875rem;color:var(--faint)}
svg.chart{display:block;width:100%;max-width:34rem;height:auto}
svg.chart text{font:11px system-ui,sans-serif;fill:var(--ink)}
svg.chart .grid{stroke:var(--line);stroke-width:1}
svg.chart .curve{fill:none;stroke-width:2;stroke-linejoin:round}
.scroll svg.neurona-diagram{max-width:none!important}
.key{display:inline-block;margin-right:1rem;white-space:nowrap}
.key svg{vertical-align:middle;margin-right:.3rem}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(6.4rem,1fr));gap:.8rem;
padding:0;margin:.8rem 0;list-style:none}
.gallery li{max-width:none}
.gallery img{width:100%;height:auto;max-width:7.5rem;image-rendering:pixelated;display:block;
border:1px solid var(--line)}
.gallery figcaption{line-height:1.35;color:var(--ink);font-size:.8125rem}
.wrong{font-weight:600}
pre{background:var(--soft);padding:.7rem .9rem;border-radius:.5rem;margin:.5rem 0;
font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em;
overflow-wrap:anywhere}
.finding{border-left:.3rem solid var(--c1);padding-left:.8rem;margin:.9rem 0}
.finding h3{margin:0}
.good{border-left-color:var(--c2)}
@media (max-width:30rem){table.matrix{font-size:.75rem}
table.matrix th,table.matrix td{padding:.2rem .1rem;min-width:1.7rem}}
summary{cursor:pointer;color:var(--link)}
@media print{
body{font-size:10.5pt}main,header,footer{max-width:none;padding:0}nav{display:none}
h2{break-after:avoid}h3{break-after:avoid}
figure,tr,table.matrix,.finding,.cards div,.gallery li{break-inside:avoid}
.scroll{overflow:visible}.scroll svg.neurona-diagram{max-width:100%!important}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
.cards div,pre,td,th,svg,img{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.charts{grid-template-columns:1fr 1fr}a{color:inherit;text-decoration:none}}
"""


def stylesheet() -> str:
    """The page's CSS, with the colours of :mod:`neurona.plots`."""
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_colours(DARK)}}}}}"
    return f":root{{color-scheme:light dark;{_colours(LIGHT)}}}\n{dark}{_RULES}"


def _colours(theme: Theme) -> str:
    light = theme is LIGHT
    found = {
        "paper": theme.paper,
        "ink": theme.ink,
        "line": "#d9d9e0" if light else "#43434d",
        "soft": "#f3f4f7" if light else "#27272d",
        "faint": "#55555f" if light else "#b4b4bf",
        "link": "#005a8f" if light else "#7cc7f2",
        **{f"c{i}": colour for i, colour in enumerate(theme.colours)},
    }
    return "".join(f"--{name}:{colour};" for name, colour in found.items())
