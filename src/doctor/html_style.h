#pragma once

namespace rqpp::doctor {

/// The style sheet of html_report().
inline constexpr const char* kReportStyle = R"(
:root {
  --paper: #fbfbfa; --card: #ffffff; --ink: #1f2328; --faint: #636c76; --rule: #d9dde1;
  --note: #0b6e99; --warning: #9a6700; --critical: #c4232b; --code: #eff1f3;
  --c0: #2f6fdb; --c1: #c2571a; --c2: #2b8a57; --c3: #8a4fc4; --c4: #b3396f; --c5: #5d6b78;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1c2024; --ink: #e4e7ea; --faint: #9aa4ae; --rule: #343b42;
    --note: #59b6dd; --warning: #e0a93b; --critical: #ff7b72; --code: #2a3036;
    --c0: #6ea4ff; --c1: #f0955c; --c2: #5cc98d; --c3: #c092f2; --c4: #f07fb0; --c5: #a5b1bd;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p, ul { margin: .5rem 0; }
header p, .aside, footer { color: var(--faint); }
.aside, footer { font-size: .875rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
dl div, article, figure { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; }
dl div { padding: .6rem .9rem; }
dt { color: var(--faint); font-size: .8rem; }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; }
article { padding: .9rem 1.1rem; margin: .75rem 0; border-left: .3rem solid var(--mark); }
article p { max-width: 70rem; }
.note { --mark: var(--note); }
.warning { --mark: var(--warning); }
.critical { --mark: var(--critical); }
h3 span { color: var(--mark); text-transform: uppercase; font-size: .75rem; letter-spacing: .05em; margin-right: .35rem; }
code { background: var(--code); border-radius: .25rem; padding: .1em .3em; font: .875em ui-monospace, monospace; }
.graphs { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
figure { margin: 0; padding: .75rem; display: flex; flex-direction: column; }
figure svg { margin-top: auto; }
figcaption { font-weight: 600; }
figcaption span { color: var(--faint); font-weight: 400; font-size: .875rem; margin-left: .5rem; }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--rule); stroke-width: 1; }
.tick { fill: var(--faint); font-size: 12px; }
.line { fill: none; stroke: var(--c); stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
.area { fill: var(--c); fill-opacity: .18; }
.hint { fill: transparent; }
.hint:hover { fill: var(--faint); fill-opacity: .2; }
.c0, .k0 { --c: var(--c0); } .c1, .k1 { --c: var(--c1); } .c2, .k2 { --c: var(--c2); }
.c3, .k3 { --c: var(--c3); } .c4, .k4 { --c: var(--c4); } .c5, .k5 { --c: var(--c5); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: 0; margin: .25rem 0; font-size: .875rem; }
.key { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem; background: var(--c); margin-right: .35rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .35rem .75rem; border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; }
th { font-size: .8rem; color: var(--faint); font-weight: 600; }
footer { margin-top: 2rem; border-top: 1px solid var(--rule); padding-top: .75rem; }
footer p { margin: .25rem 0; }
@media print { body { max-width: none; } article, figure { break-inside: avoid; } }
)";

}  // namespace rqpp::doctor
