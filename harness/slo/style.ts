/** The palette and components of the run report, as far as the release report needs them. */
export const STYLE = `
:root{--bg:#fbfaf7;--ink:#1d1f23;--dim:#6b7078;--line:#e3e0d8;--card:#fff;--pass:#2e7d4f;--warn:#b7791f;--fail:#c0392b;--unk:#7c5cbf;--skip:#8f939a;--lane:#f3f1ea;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media(prefers-color-scheme:dark){:root{--bg:#15171a;--ink:#e8e6e1;--dim:#9aa0a8;--line:#2b2f35;--card:#1c1f23;--pass:#58b981;--warn:#e0a84a;--fail:#ef6f61;--unk:#a78bfa;--skip:#7b828b;--lane:#212429}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}main{max-width:1080px;margin:0 auto;padding:28px 20px 80px}
h1{font-size:22px;margin:0}h1 small{font-weight:400;color:var(--dim);font-size:15px}h2{font-size:13px;letter-spacing:.08em;text-transform:uppercase;color:var(--dim);margin:34px 0 10px}
.env{color:var(--dim);font:12.5px/1.6 var(--mono);margin:10px 2px;overflow-wrap:anywhere}.note{color:var(--dim);font-size:13px;margin:10px 2px 0}
.pass{--tone:var(--pass)}.warn{--tone:var(--warn)}.fail{--tone:var(--fail)}.unk{--tone:var(--unk)}.skip{--tone:var(--skip)}
.verdict{display:flex;gap:8px 24px;align-items:baseline;border-left:6px solid var(--tone);background:var(--card);padding:18px 20px;border-radius:6px;flex-wrap:wrap}
.verdict b{font-size:20px;color:var(--tone)}.verdict>span{color:var(--dim);flex:1 1 300px}.marks{text-align:right}.marks strong{display:block;font-size:17px;font-variant-numeric:tabular-nums}.marks small{color:var(--dim)}
.why{flex-basis:100%;margin:4px 0 0;padding-left:18px}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px 20px 16px;margin:12px 0}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}td,th{text-align:left;padding:7px 10px;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--dim);font-weight:600;font-size:12.5px}td small{display:block;color:var(--dim);font-size:12.5px;font-family:system-ui,sans-serif}td.n{font:13.5px/1.55 var(--mono);white-space:nowrap}
.tag{font:600 12px var(--mono);color:var(--tone);border:1px solid var(--tone);border-radius:4px;padding:1px 6px;white-space:nowrap}
.not{margin:0;padding-left:20px}.not li{margin:6px 0}code{font:12.5px var(--mono);background:var(--lane);border-radius:4px;padding:1px 5px}
.bar{display:flex;height:16px;border-radius:4px;overflow:hidden;gap:2px;background:var(--lane)}.bar i{background:var(--tone);min-width:3px}
.parts{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:10px;font-size:14px}.parts strong{font-variant-numeric:tabular-nums}.parts i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px;background:var(--tone)}.parts i.none{background:transparent;border:1.5px solid var(--line)}
svg{width:100%;height:auto;display:block;background:var(--card);border:1px solid var(--line);border-radius:8px}svg text{font:11.5px var(--mono);fill:var(--dim)}
`
