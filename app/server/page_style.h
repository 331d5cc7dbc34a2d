// server/page_style.h: how the pages look that the server writes itself: the colours and letters of site/.
#ifndef WEFT_SERVER_PAGE_STYLE_H
#define WEFT_SERVER_PAGE_STYLE_H

#define WEFT_PAGE_STYLE                                                                           \
    ":root{color-scheme:light dark;--paper:#f4f6f9;--ink:#1a2033;--soft:#545d73;--rule:#cdd3dd;"  \
    "--indigo:#3a4fbd}"                                                                           \
    "@media(prefers-color-scheme:dark){:root{--paper:#0f131d;--ink:#e7eaf3;--soft:#a3acc2;"       \
    "--rule:#2d3547;--indigo:#8d9dff}}"                                                           \
    "body{background:var(--paper);color:var(--ink);font:1rem/1.6 ui-sans-serif,system-ui,"        \
    "\"Segoe UI\",Roboto,\"Liberation Sans\",Arial,sans-serif;margin:12vh auto;padding:0 1.5rem}" \
    "h1{font:600 1.75rem/1.25 Charter,\"Bitstream Charter\",Cambria,Georgia,serif;margin:0 0 "    \
    "1rem;"                                                                                       \
    "overflow-wrap:anywhere}p{color:var(--soft)}a{color:var(--indigo)}"

#endif
