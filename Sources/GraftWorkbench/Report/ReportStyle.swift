import GraftPlots

/// The style sheet of reports.
enum ReportStyle {
  /// With the colors that plots use, in both themes.
  static func text(_ colors: Set<ThemedSVG.Color>) -> String {
    let sorted = colors.sorted()
    let light = sorted.map { "\($0.variable):#\($0.light);" }.joined()
    let dark = sorted.map { "\($0.variable):#\($0.dark);" }.joined()
    // Paper is white whatever the screen is.
    return """
      :root{\(lightColors)\(light)}
      @media screen and (prefers-color-scheme:dark){
      :root:not([data-theme=light]){\(darkColors)\(dark)}}
      @media screen{:root[data-theme=dark]{\(darkColors)\(dark)}
      :root[data-theme=light]{color-scheme:light}}
      \(rules)
      """
  }

  private static let lightColors =
    "color-scheme:light;--page:#ffffff;--panel:#f4f6f8;--text:#1f2328;--soft:#57606a;--line:#d5dae0;"
    + "--accent:#0a58a6;--good:#116329;--bad:#b3261e;"

  private static let darkColors =
    "color-scheme:dark;--page:#15181d;--panel:#1e2229;--text:#e8eaed;--soft:#a8b0ba;--line:#363d47;"
    + "--accent:#7cbcf5;--good:#56d08a;--bad:#ff8f85;"

  private static let rules = """
    *,*::before,*::after{box-sizing:border-box}
    html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--text);font:16px/1.55 system-ui,-apple-system,
    "Segoe UI",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif;overflow-wrap:break-word}
    main,nav,footer{padding:0 clamp(14px,3vw,32px)}
    main{max-width:72rem;min-width:0}
    h1{font-size:clamp(1.5rem,1.2rem + 1.6vw,2.1rem);line-height:1.2;margin:1.2rem 0 .6rem;
    overflow-wrap:anywhere}
    h2{font-size:1.3rem;line-height:1.3;margin:0 0 .7rem;padding-top:.9rem;border-top:1px solid var(--line)}
    h3{font-size:1.05rem;margin:1.3rem 0 .5rem;overflow-wrap:anywhere}
    h4{font-size:1rem;margin:1rem 0 .4rem;overflow-wrap:anywhere}
    p{margin:.5rem 0;max-width:48rem}
    a{color:var(--accent)}
    section{margin:2.2rem 0;scroll-margin-top:.5rem}
    .lead{font-size:1.08rem}
    .note,figcaption,caption{color:var(--soft);font-size:.9rem}
    .skip{position:absolute;left:-9999px}
    .skip:focus{left:8px;top:8px;padding:.5rem .8rem;background:var(--page);border:2px solid var(--accent);
    z-index:9}
    :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
    nav{padding-top:.8rem}
    nav ul{list-style:none;margin:.4rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.15rem .9rem}
    nav a{display:inline-block;padding:.15rem 0;text-decoration:none;font-size:.92rem}
    nav a:hover{text-decoration:underline}
    button{font:inherit;font-size:.88rem;color:var(--text);background:var(--panel);
    border:1px solid var(--line);border-radius:6px;padding:.25rem .7rem;cursor:pointer}
    button:hover{border-color:var(--accent)}
    [hidden]{display:none!important}
    .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(9.4rem,100%),1fr));gap:.6rem;margin:0}
    .cards>div{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:.7rem .9rem;
    min-width:0}
    .cards dt{color:var(--soft);font-size:.88rem}
    .cards dd{margin:0}
    .cards .big{font-size:1.55rem;font-weight:650;line-height:1.25;font-variant-numeric:tabular-nums;
    overflow-wrap:anywhere}
    .cards .note{display:block}
    .scroll{overflow-x:auto;max-width:100%;margin:.6rem 0}
    .tall{max-height:36rem;overflow-y:auto;border-bottom:1px solid var(--line)}
    .tall thead th{position:sticky;top:0;background:var(--page);z-index:1}
    table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums}
    caption{text-align:left;padding:0 0 .35rem}
    caption span{position:sticky;left:0;display:inline-block;max-width:min(56rem,calc(100vw - 30px))}
    th,td{padding:.34rem .6rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:baseline}
    thead th{white-space:nowrap;font-size:.86rem;font-weight:600;color:var(--soft);border-bottom:2px solid var(--line)}
    tbody th{font-weight:500;min-width:5.5rem}
    tbody th:has(.badge){min-width:9rem}
    tbody th bdi{overflow-wrap:anywhere}
    tfoot th,tfoot td{font-weight:600;border-bottom:0}
    .number{text-align:right;white-space:nowrap}
    tbody tr:hover{background:var(--panel)}
    th button{all:unset;cursor:pointer;border-radius:3px}
    th button:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
    th button::after{content:"\\2195";opacity:.45;padding-left:.15em}
    th[aria-sort=ascending] button::after{content:"\\2191";opacity:1}
    th[aria-sort=descending] button::after{content:"\\2193";opacity:1}
    .badge{display:inline-block;font-size:.78rem;font-weight:600;color:var(--good);
    border:1px solid var(--good);border-radius:99px;padding:0 .5em;margin-left:.5em}
    figure{margin:.8rem 0}
    .plot{max-width:100%;position:relative}
    .plot svg{display:block;max-width:100%;height:auto;border:1px solid var(--line);border-radius:8px}
    .plot .scroll svg{min-width:660px}
    .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:0 .8rem}
    .pair svg{width:100%}
    .narrow{display:none}
    .plot>button{position:absolute;right:6px;top:6px;opacity:0}
    .plot:hover>button,.plot>button:focus-visible{opacity:1}
    .images{list-style:none;margin:.6rem 0;padding:0;display:grid;
    grid-template-columns:repeat(auto-fill,minmax(min(8.6rem,45%),1fr));gap:.9rem}
    .images figure{margin:0}
    .images img{display:block;width:100%;height:auto;aspect-ratio:1;object-fit:contain;border-radius:6px;
    border:1px solid var(--line);background:var(--panel)}
    .images .good img{border:3px solid var(--good)}
    .images .bad img{border:3px solid var(--bad)}
    .images figcaption{padding-top:.25rem;line-height:1.35;overflow-wrap:anywhere}
    .line{display:block}
    h3 .line{display:inline}
    .line.plain{color:var(--text)}
    .line.soft{color:var(--soft);font-weight:400}
    .line.good{color:var(--good)}
    .line.bad{color:var(--bad)}
    .images button{all:unset;display:block;width:100%;cursor:zoom-in;border-radius:6px}
    .images button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
    details{margin:.7rem 0;border:1px solid var(--line);border-radius:8px;padding:.1rem .9rem}
    details[open]{padding-bottom:.5rem}
    summary{cursor:pointer;padding:.45rem 0;font-weight:600}
    ul.plain{padding-left:1.2rem;margin:.4rem 0}
    ul.plain li{overflow-wrap:anywhere}
    pre{margin:.6rem 0;padding:.8rem 1rem;background:var(--panel);border:1px solid var(--line);
    border-radius:8px;overflow-x:auto;font:.86rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,
    "DejaVu Sans Mono",monospace}
    code{font:.9em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
    pre code{font:inherit}
    dialog{border:1px solid var(--line);border-radius:10px;background:var(--page);color:var(--text);
    padding:1rem;width:96vw;max-width:96vw;max-height:96vh}
    dialog::backdrop{background:rgba(0,0,0,.6)}
    dialog figure{margin:0}
    dialog .enlarged{margin:.6rem 0 0;overflow:auto}
    dialog img{display:block;width:auto;height:auto;aspect-ratio:auto;min-height:min(70vh,70vw);max-width:100%;margin:0 auto;
    object-fit:contain}
    dialog svg{display:block;width:100%;height:auto;max-height:82vh;margin:0 auto}
    footer{color:var(--soft);font-size:.88rem;padding-bottom:2rem}
    @media screen and (max-width:640px){
    .plot .wide{display:none}.narrow{display:block}
    th,td{padding:.34rem .55rem}}
    @media screen and (min-width:1100px){
    body{display:grid;grid-template-columns:14rem minmax(0,1fr);max-width:84rem;margin:0 auto}
    nav{grid-row:1/span 2;padding-right:0}
    nav ul{flex-direction:column;flex-wrap:nowrap;margin-top:.8rem}
    nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow-y:auto;padding-bottom:1rem}
    footer{grid-column:2}}
    @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
    @page{margin:16mm 14mm}
    @media print{
    body{font-size:10.5pt}
    nav,.skip,button{display:none!important}
    th button,.images button{display:inline!important}
    th button::after{content:none}
    main,footer{padding:0;max-width:none}
    a{color:inherit;text-decoration:none}
    h2,h3,h4,summary,caption,section>p{break-after:avoid}
    figure,tr,.cards>div,.images li{break-inside:avoid}
    .plot svg{max-height:108mm;width:auto;height:auto}
    .plot.list svg{max-height:235mm}
    .pair{grid-template-columns:1fr 1fr}
    .pair svg{width:100%}
    tfoot{display:table-row-group}
    .plot .scroll svg{min-width:0}
    .scroll{overflow:visible}
    .tall{max-height:none}
    table{font-size:8.5pt;max-width:100%}
    th,td{padding:.2rem .35rem}
    thead th,.number{white-space:normal}
    pre{white-space:pre-wrap;overflow-wrap:anywhere;overflow:visible}
    .images{grid-template-columns:repeat(5,1fr)}
    details:not(.long)::details-content{content-visibility:visible;height:auto}
    section{margin:1.4rem 0}}
    """
}
