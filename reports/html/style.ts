import { paletteCss } from './palette.ts'

const base = `*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:28px 20px 64px}
h1{font-size:22px;line-height:1.3;margin:0}h1 span{font-weight:400;color:var(--dim);margin-left:.35em}
h2{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--dim);margin:38px 0 10px}h2 small{font:inherit;letter-spacing:0;margin-left:.5em;font-variant-numeric:tabular-nums}
h3{margin:0;font-size:16px;line-height:1.4}h3,h4,p,td,dd,li{overflow-wrap:anywhere}
a{color:inherit;text-decoration-color:var(--wire);text-underline-offset:2px}
a:focus-visible,summary:focus-visible{outline:2px solid var(--ink);outline-offset:2px;border-radius:3px}
code{font:12.5px/1.5 var(--mono);overflow-wrap:anywhere}
.env{color:var(--dim);font:12.5px/1.65 var(--mono);margin:8px 0 14px;overflow-wrap:anywhere}.env b{font-weight:400;color:var(--warn)}
.f{--c:var(--fail)}.u{--c:var(--unk)}.w{--c:var(--warn)}.p{--c:var(--pass)}.s,.n{--c:var(--skip)}
.g{color:var(--c);font-weight:700}
`

const overview = `.verdict{display:flex;gap:14px 28px;align-items:center;flex-wrap:wrap;border-left:6px solid var(--c);background:var(--card);padding:18px 20px;border-radius:6px;box-shadow:0 0 0 1px var(--line)}
.verdict>p{margin:0;flex:1 1 380px}.verdict b{display:block;font-size:21px;line-height:1.3;color:var(--c)}.verdict>p span{display:block}.verdict>p span+span{color:var(--dim)}
.marks{display:flex;gap:12px 26px;flex-wrap:wrap;margin:0}.marks div{min-width:120px}.marks dt{font-size:12.5px;color:var(--dim);line-height:1.35}.marks dd{margin:0 0 2px;font-size:18px;font-weight:600;font-variant-numeric:tabular-nums}
.areas{display:grid;grid-template-columns:minmax(110px,max-content) 1fr auto;gap:7px 18px;align-items:center;margin:0;padding:0;list-style:none}.areas li{display:grid;grid-template-columns:subgrid;grid-column:1/-1;align-items:center}
.cells{display:flex;flex-wrap:wrap;gap:4px}.count{color:var(--dim);font:12.5px/1.4 var(--mono)}
.c{width:19px;height:19px;border-radius:4px;background:var(--c);color:var(--sign);font:700 12px/19px system-ui,sans-serif;text-align:center;text-decoration:none;display:inline-block;forced-color-adjust:none;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.c.s,.c.n{background:none;box-shadow:inset 0 0 0 1.5px var(--c);color:var(--dim)}.c.n{opacity:.75}
a.c:hover{outline:2px solid var(--ink);outline-offset:1px}
.key{display:flex;gap:6px 18px;font-size:12.5px;color:var(--dim);margin:14px 0 0;padding:0;flex-wrap:wrap;list-style:none}.key li{display:inline-flex;align-items:center}.key .c{width:15px;height:15px;line-height:15px;font-size:10px;border-radius:3px;margin-right:6px}
.incomplete{--pass:var(--calm)}
`

const scenarios = `.card{--ground:var(--card);background:var(--card);border:1px solid var(--line);border-radius:8px;padding:18px 20px;margin:12px 0;scroll-margin-top:12px}
.card>header{display:flex;gap:6px 10px;align-items:baseline;flex-wrap:wrap}.card>header h3{margin-right:4px}.card h3::first-letter,.fold .name::first-letter{text-transform:uppercase}.tags{display:inline-flex;gap:6px 8px;flex-wrap:wrap}
:target{outline:2px solid var(--ink);outline-offset:2px}
.tag{font:12px/1.5 var(--mono);color:var(--dim);border:1px solid var(--line);border-radius:4px;padding:0 6px;overflow-wrap:anywhere}.tag.v{color:var(--c);border-color:var(--c)}
blockquote{margin:10px 0 14px;padding:2px 0 2px 12px;border-left:3px solid var(--line);max-width:84ch}blockquote p{margin:0}blockquote cite{display:block;font-style:normal;font-size:12.5px;color:var(--dim);overflow-wrap:anywhere}
.why{margin:10px 0}.chk{margin:12px 0}.chk h4{margin:0 0 6px;font:600 12.5px/1.5 var(--mono)}.chk h4 small{font-weight:400;color:var(--dim);font-size:inherit;margin-left:.6em}
.ea{display:grid;grid-template-columns:1fr 1fr;gap:12px}.ea>div{background:var(--lane);border-radius:6px;padding:9px 12px;min-width:0}.ea h5{margin:0 0 2px;font-size:12px;font-weight:600;color:var(--dim)}.ea p{margin:0;white-space:pre-wrap;max-height:20em;overflow:auto;font:13px/1.55 var(--mono)}.ea .is{box-shadow:inset 3px 0 0 var(--c)}
.tl{margin:16px 0}.tl figcaption{font-size:12.5px;color:var(--dim);margin-bottom:2px;overflow-wrap:anywhere}.tl figcaption b{color:var(--ink);font-weight:600}.scroll{overflow-x:auto;background:linear-gradient(to right,var(--ground) 40%,transparent) left/28px 100% no-repeat local,linear-gradient(to left,var(--ground) 40%,transparent) right/28px 100% no-repeat local,linear-gradient(to right,var(--shade),transparent) left/14px 100% no-repeat,linear-gradient(to left,var(--shade),transparent) right/14px 100% no-repeat}
.repro{margin-top:12px;background:var(--lane);border-radius:6px;padding:9px 12px;display:block;overflow-x:auto;white-space:pre;overflow-wrap:normal;user-select:all}
.more{color:var(--dim);font-size:13px;margin:8px 0}
details>summary{cursor:pointer}.checks>summary{color:var(--dim);font-size:13px}.checks{margin:10px 0}.checks table{margin-top:4px}.even{table-layout:fixed}.even th:first-child{width:30%}
.fold{--ground:var(--bg);border-bottom:1px solid var(--line);scroll-margin-top:12px}.fold>summary{padding:7px 4px;display:flex;gap:4px 10px;align-items:baseline;flex-wrap:wrap;list-style:none}.fold>summary::-webkit-details-marker{display:none}
.fold>summary::before{content:"";width:0;height:0;border:4.5px solid transparent;border-left:6px solid var(--wire);border-right:0;align-self:center;flex:none}.fold[open]>summary::before{transform:rotate(90deg)}
.fold>summary:hover{background:var(--lane)}.fold>summary code{color:var(--dim)}.fold>summary .end{margin-left:auto;color:var(--dim);font:12.5px var(--mono)}.fold>div{padding:4px 4px 18px 20px}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:baseline}td:last-child,th:last-child{padding-right:0}th{color:var(--dim);font-weight:600;font-size:12.5px}td code{color:var(--dim)}
footer{margin-top:44px;padding-top:12px;border-top:1px solid var(--line);color:var(--dim);font:12px/1.65 var(--mono);overflow-wrap:anywhere}
`

const timeline = `svg{display:block;width:100%;min-width:800px;max-width:1100px;height:auto}
svg text{font:12px var(--mono);fill:var(--ink);white-space:pre}svg path{fill:none;stroke:var(--wire);stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
svg .h{fill:var(--dim);font-weight:600}svg .t{fill:var(--dim);font-size:11.5px}svg .v{stroke:var(--line);stroke-width:2}svg .x{stroke:var(--ground);stroke-width:3;stroke-dasharray:3 4;stroke-linecap:butt}
svg .q text,svg .gap{fill:var(--dim)}svg .q path{opacity:.75}svg rect{fill:var(--lane)}svg circle{fill:var(--wire)}
svg .k text:not(.t){fill:var(--fault)}svg .k path{stroke:var(--fault)}svg .k .l{stroke-dasharray:5 4}svg .k rect{fill:none;stroke:var(--fault);stroke-dasharray:4 3}svg .k circle{fill:var(--fault)}
svg .b text:not(.t){fill:var(--fail);font-weight:600}svg .b path{stroke:var(--fail);stroke-width:2.2}svg .b rect{fill:none;stroke:var(--fail)}svg .b circle{fill:var(--fail)}
`

const media = `@media(max-width:700px){main{padding:20px 14px 48px}.ea{grid-template-columns:1fr}.areas{grid-template-columns:1fr auto}.areas li{row-gap:5px;padding-bottom:4px}.areas .cells{grid-column:1/-1;grid-row:2}.card{padding:14px}.fold>div{padding-left:4px}.fold>summary .end{margin-left:0}td,th{padding-right:10px}.marks{gap:12px 20px}}
@media print{body{font-size:12px}main{max-width:none;padding:0}.card,.verdict,.areas li,.chk,.tl,tr{break-inside:avoid}h2,.card>header,.tl figcaption{break-after:avoid}.card{border-color:#999}svg{min-width:0}.scroll,.repro,.ea p{overflow:visible;max-height:none}.scroll{background:none}.repro{white-space:pre-wrap}.fold>summary::before{display:none}}
`

/** The whole style sheet of a report page. */
export const css = paletteCss + base + overview + scenarios + timeline + media
