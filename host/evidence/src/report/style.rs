//! How the report looks, on a screen and on A4.

pub(crate) const STYLE: &str = "\
:root{--ink:#14181c;--weak:#5a6570;--line:#c9d1d8;--good:#0b6b3a;--bad:#b3261e;--unclear:#6b4e00}\
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:24px auto;padding:0 20px;color:var(--ink)}\
header{display:flex;justify-content:space-between;color:var(--weak);font-size:13px}\
h1{font-size:26px;line-height:1.2;margin:.3em 0 .6em}\
h2{font-size:19px;margin:1.8em 0 .5em;padding-bottom:4px;border-bottom:2px solid var(--line)}\
h3{font-size:15px;margin:1.4em 0 .3em}\
table{border-collapse:collapse;width:100%;font-size:14px}\
td,th{border-bottom:1px solid var(--line);padding:5px 10px 5px 0;text-align:left;vertical-align:top;overflow-wrap:break-word}table.kv td,table.five td,table.side td{overflow-wrap:anywhere}\
th{font-weight:600;color:var(--weak)}table.kv th{width:30%}table.data{font-size:11px;width:auto}table.data td,table.data th{white-space:nowrap}td.w{white-space:nowrap}\
table.side{font-size:11px;margin-bottom:14px}table.side td,table.side th{padding:2px 10px 2px 0}table.side th{width:18%}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}td.w{white-space:nowrap}\
.wide{overflow-x:auto}.simulated{background:#14181c;color:#fff;padding:8px 14px;font-weight:700;letter-spacing:.04em}\
.answer{border:2px solid var(--line);border-left:12px solid;padding:14px 20px;margin:0 0 14px}\
.answer .word{font-size:34px;font-weight:800;line-height:1.1}.answer p{margin:.4em 0 0;font-size:16px}\
.good{border-left-color:var(--good)}.good .word{color:var(--good)}\
.bad{border-left-color:var(--bad)}.bad .word{color:var(--bad)}\
.unclear{border-left-color:#b58900}.unclear .word{color:var(--unclear)}\
table.five th{width:22%;color:var(--ink);font-size:15px}table.five td{font-size:15px}\
.margin{position:relative;height:64px;margin:18px 0 6px}\
.contradicts{color:var(--bad);font-weight:700}\
svg{width:100%;height:auto;display:block;border:1px solid var(--line)}\
.legend{font-size:13px;color:var(--weak)}.legend b{color:var(--ink)}\
.blank{color:var(--weak);min-width:16em}tr.fill td{height:1.6em;border-bottom:1px solid var(--ink)}\
@page{size:A4;margin:16mm 14mm 18mm}\
@media print{body{margin:0;padding:0;max-width:none;font-size:12px}h1{font-size:20px}h2{break-after:avoid}h2.annex{break-before:page}\
.answer,svg,tr{break-inside:avoid}table{font-size:11px}table.data{font-size:6.5px}table.side{font-size:8px;break-inside:auto}table.data td,table.data th{white-space:normal;padding:2px 4px 2px 0}\
.answer,.simulated,.phase,.outage,.gap,.volt{-webkit-print-color-adjust:exact;print-color-adjust:exact}}";
