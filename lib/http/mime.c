#include "http/mime.h"

enum { EXTENSION_MOST = 11 };

struct mime_row {
    struct weft_span extension;
    struct weft_http_mime mime;
};

// In the order of their bytes: the search halves them. Types are those of the IANA registry where it has one.
// clang-format off
static const struct mime_row rows[] = {
    {WEFT_SPAN_INIT("3gp"),         {WEFT_SPAN_INIT("video/3gpp"), false}},
    {WEFT_SPAN_INIT("7z"),          {WEFT_SPAN_INIT("application/x-7z-compressed"), false}},
    {WEFT_SPAN_INIT("aac"),         {WEFT_SPAN_INIT("audio/aac"), false}},
    {WEFT_SPAN_INIT("apk"),         {WEFT_SPAN_INIT("application/vnd.android.package-archive"), false}},
    {WEFT_SPAN_INIT("apng"),        {WEFT_SPAN_INIT("image/apng"), false}},
    {WEFT_SPAN_INIT("appcache"),    {WEFT_SPAN_INIT("text/cache-manifest; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("asc"),         {WEFT_SPAN_INIT("application/pgp-keys"), true}},
    {WEFT_SPAN_INIT("atom"),        {WEFT_SPAN_INIT("application/atom+xml; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("avi"),         {WEFT_SPAN_INIT("video/x-msvideo"), false}},
    {WEFT_SPAN_INIT("avif"),        {WEFT_SPAN_INIT("image/avif"), false}},
    {WEFT_SPAN_INIT("bin"),         {WEFT_SPAN_INIT("application/octet-stream"), false}},
    {WEFT_SPAN_INIT("bmp"),         {WEFT_SPAN_INIT("image/bmp"), true}},
    {WEFT_SPAN_INIT("br"),          {WEFT_SPAN_INIT("application/octet-stream"), false}},
    {WEFT_SPAN_INIT("bz2"),         {WEFT_SPAN_INIT("application/x-bzip2"), false}},
    {WEFT_SPAN_INIT("c"),           {WEFT_SPAN_INIT("text/x-c; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("cc"),          {WEFT_SPAN_INIT("text/x-c; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("conf"),        {WEFT_SPAN_INIT("text/plain; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("crt"),         {WEFT_SPAN_INIT("application/x-x509-ca-cert"), true}},
    {WEFT_SPAN_INIT("css"),         {WEFT_SPAN_INIT("text/css; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("csv"),         {WEFT_SPAN_INIT("text/csv; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("deb"),         {WEFT_SPAN_INIT("application/vnd.debian.binary-package"), false}},
    {WEFT_SPAN_INIT("der"),         {WEFT_SPAN_INIT("application/x-x509-ca-cert"), true}},
    {WEFT_SPAN_INIT("diff"),        {WEFT_SPAN_INIT("text/x-diff; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("dmg"),         {WEFT_SPAN_INIT("application/octet-stream"), false}},
    {WEFT_SPAN_INIT("doc"),         {WEFT_SPAN_INIT("application/msword"), true}},
    {WEFT_SPAN_INIT("docx"),        {WEFT_SPAN_INIT("application/vnd.openxmlformats-officedocument.wordprocessingml.document"), false}},
    {WEFT_SPAN_INIT("eot"),         {WEFT_SPAN_INIT("application/vnd.ms-fontobject"), true}},
    {WEFT_SPAN_INIT("eps"),         {WEFT_SPAN_INIT("application/postscript"), true}},
    {WEFT_SPAN_INIT("epub"),        {WEFT_SPAN_INIT("application/epub+zip"), false}},
    {WEFT_SPAN_INIT("exe"),         {WEFT_SPAN_INIT("application/octet-stream"), false}},
    {WEFT_SPAN_INIT("flac"),        {WEFT_SPAN_INIT("audio/flac"), false}},
    {WEFT_SPAN_INIT("flv"),         {WEFT_SPAN_INIT("video/x-flv"), false}},
    {WEFT_SPAN_INIT("geojson"),     {WEFT_SPAN_INIT("application/geo+json"), true}},
    {WEFT_SPAN_INIT("gif"),         {WEFT_SPAN_INIT("image/gif"), false}},
    {WEFT_SPAN_INIT("glb"),         {WEFT_SPAN_INIT("model/gltf-binary"), true}},
    {WEFT_SPAN_INIT("gltf"),        {WEFT_SPAN_INIT("model/gltf+json"), true}},
    {WEFT_SPAN_INIT("gpx"),         {WEFT_SPAN_INIT("application/gpx+xml"), true}},
    {WEFT_SPAN_INIT("graphql"),     {WEFT_SPAN_INIT("application/graphql"), true}},
    {WEFT_SPAN_INIT("gz"),          {WEFT_SPAN_INIT("application/gzip"), false}},
    {WEFT_SPAN_INIT("h"),           {WEFT_SPAN_INIT("text/x-c; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("heic"),        {WEFT_SPAN_INIT("image/heic"), false}},
    {WEFT_SPAN_INIT("htm"),         {WEFT_SPAN_INIT("text/html; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("html"),        {WEFT_SPAN_INIT("text/html; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("ico"),         {WEFT_SPAN_INIT("image/vnd.microsoft.icon"), true}},
    {WEFT_SPAN_INIT("ics"),         {WEFT_SPAN_INIT("text/calendar; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("ini"),         {WEFT_SPAN_INIT("text/plain; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("iso"),         {WEFT_SPAN_INIT("application/octet-stream"), false}},
    {WEFT_SPAN_INIT("jar"),         {WEFT_SPAN_INIT("application/java-archive"), false}},
    {WEFT_SPAN_INIT("jpeg"),        {WEFT_SPAN_INIT("image/jpeg"), false}},
    {WEFT_SPAN_INIT("jpg"),         {WEFT_SPAN_INIT("image/jpeg"), false}},
    {WEFT_SPAN_INIT("js"),          {WEFT_SPAN_INIT("text/javascript; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("json"),        {WEFT_SPAN_INIT("application/json"), true}},
    {WEFT_SPAN_INIT("jsonld"),      {WEFT_SPAN_INIT("application/ld+json"), true}},
    {WEFT_SPAN_INIT("jsx"),         {WEFT_SPAN_INIT("text/jsx; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("jxl"),         {WEFT_SPAN_INIT("image/jxl"), false}},
    {WEFT_SPAN_INIT("kml"),         {WEFT_SPAN_INIT("application/vnd.google-earth.kml+xml"), true}},
    {WEFT_SPAN_INIT("log"),         {WEFT_SPAN_INIT("text/plain; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("m3u8"),        {WEFT_SPAN_INIT("application/vnd.apple.mpegurl"), true}},
    {WEFT_SPAN_INIT("m4a"),         {WEFT_SPAN_INIT("audio/mp4"), false}},
    {WEFT_SPAN_INIT("m4s"),         {WEFT_SPAN_INIT("video/iso.segment"), false}},
    {WEFT_SPAN_INIT("m4v"),         {WEFT_SPAN_INIT("video/mp4"), false}},
    {WEFT_SPAN_INIT("map"),         {WEFT_SPAN_INIT("application/json"), true}},
    {WEFT_SPAN_INIT("mathml"),      {WEFT_SPAN_INIT("application/mathml+xml"), true}},
    {WEFT_SPAN_INIT("md"),          {WEFT_SPAN_INIT("text/markdown; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("mid"),         {WEFT_SPAN_INIT("audio/midi"), true}},
    {WEFT_SPAN_INIT("midi"),        {WEFT_SPAN_INIT("audio/midi"), true}},
    {WEFT_SPAN_INIT("mjs"),         {WEFT_SPAN_INIT("text/javascript; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("mkv"),         {WEFT_SPAN_INIT("video/matroska"), false}},
    {WEFT_SPAN_INIT("mov"),         {WEFT_SPAN_INIT("video/quicktime"), false}},
    {WEFT_SPAN_INIT("mp3"),         {WEFT_SPAN_INIT("audio/mpeg"), false}},
    {WEFT_SPAN_INIT("mp4"),         {WEFT_SPAN_INIT("video/mp4"), false}},
    {WEFT_SPAN_INIT("mpd"),         {WEFT_SPAN_INIT("application/dash+xml"), true}},
    {WEFT_SPAN_INIT("mpeg"),        {WEFT_SPAN_INIT("video/mpeg"), false}},
    {WEFT_SPAN_INIT("mpg"),         {WEFT_SPAN_INIT("video/mpeg"), false}},
    {WEFT_SPAN_INIT("obj"),         {WEFT_SPAN_INIT("model/obj"), true}},
    {WEFT_SPAN_INIT("odp"),         {WEFT_SPAN_INIT("application/vnd.oasis.opendocument.presentation"), false}},
    {WEFT_SPAN_INIT("ods"),         {WEFT_SPAN_INIT("application/vnd.oasis.opendocument.spreadsheet"), false}},
    {WEFT_SPAN_INIT("odt"),         {WEFT_SPAN_INIT("application/vnd.oasis.opendocument.text"), false}},
    {WEFT_SPAN_INIT("oga"),         {WEFT_SPAN_INIT("audio/ogg"), false}},
    {WEFT_SPAN_INIT("ogg"),         {WEFT_SPAN_INIT("audio/ogg"), false}},
    {WEFT_SPAN_INIT("ogv"),         {WEFT_SPAN_INIT("video/ogg"), false}},
    {WEFT_SPAN_INIT("opus"),        {WEFT_SPAN_INIT("audio/ogg"), false}},
    {WEFT_SPAN_INIT("otf"),         {WEFT_SPAN_INIT("font/otf"), true}},
    {WEFT_SPAN_INIT("p12"),         {WEFT_SPAN_INIT("application/x-pkcs12"), false}},
    {WEFT_SPAN_INIT("patch"),       {WEFT_SPAN_INIT("text/x-diff; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("pdf"),         {WEFT_SPAN_INIT("application/pdf"), false}},
    {WEFT_SPAN_INIT("pem"),         {WEFT_SPAN_INIT("application/x-pem-file"), true}},
    {WEFT_SPAN_INIT("pgp"),         {WEFT_SPAN_INIT("application/pgp-encrypted"), false}},
    {WEFT_SPAN_INIT("png"),         {WEFT_SPAN_INIT("image/png"), false}},
    {WEFT_SPAN_INIT("ppt"),         {WEFT_SPAN_INIT("application/vnd.ms-powerpoint"), true}},
    {WEFT_SPAN_INIT("pptx"),        {WEFT_SPAN_INIT("application/vnd.openxmlformats-officedocument.presentationml.presentation"), false}},
    {WEFT_SPAN_INIT("ps"),          {WEFT_SPAN_INIT("application/postscript"), true}},
    {WEFT_SPAN_INIT("psd"),         {WEFT_SPAN_INIT("image/vnd.adobe.photoshop"), true}},
    {WEFT_SPAN_INIT("py"),          {WEFT_SPAN_INIT("text/x-python; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("rar"),         {WEFT_SPAN_INIT("application/vnd.rar"), false}},
    {WEFT_SPAN_INIT("rpm"),         {WEFT_SPAN_INIT("application/x-rpm"), false}},
    {WEFT_SPAN_INIT("rss"),         {WEFT_SPAN_INIT("application/rss+xml; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("rst"),         {WEFT_SPAN_INIT("text/x-rst; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("rtf"),         {WEFT_SPAN_INIT("application/rtf"), true}},
    {WEFT_SPAN_INIT("sh"),          {WEFT_SPAN_INIT("text/x-shellscript; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("sig"),         {WEFT_SPAN_INIT("application/pgp-signature"), false}},
    {WEFT_SPAN_INIT("sql"),         {WEFT_SPAN_INIT("application/sql"), true}},
    {WEFT_SPAN_INIT("sqlite"),      {WEFT_SPAN_INIT("application/vnd.sqlite3"), true}},
    {WEFT_SPAN_INIT("stl"),         {WEFT_SPAN_INIT("model/stl"), true}},
    {WEFT_SPAN_INIT("svg"),         {WEFT_SPAN_INIT("image/svg+xml; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("svgz"),        {WEFT_SPAN_INIT("image/svg+xml"), false}},
    {WEFT_SPAN_INIT("swf"),         {WEFT_SPAN_INIT("application/vnd.adobe.flash.movie"), false}},
    {WEFT_SPAN_INIT("tar"),         {WEFT_SPAN_INIT("application/x-tar"), true}},
    {WEFT_SPAN_INIT("tex"),         {WEFT_SPAN_INIT("text/x-tex; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("text"),        {WEFT_SPAN_INIT("text/plain; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("tgz"),         {WEFT_SPAN_INIT("application/gzip"), false}},
    {WEFT_SPAN_INIT("tif"),         {WEFT_SPAN_INIT("image/tiff"), false}},
    {WEFT_SPAN_INIT("tiff"),        {WEFT_SPAN_INIT("image/tiff"), false}},
    {WEFT_SPAN_INIT("toml"),        {WEFT_SPAN_INIT("application/toml"), true}},
    {WEFT_SPAN_INIT("topojson"),    {WEFT_SPAN_INIT("application/json"), true}},
    {WEFT_SPAN_INIT("torrent"),     {WEFT_SPAN_INIT("application/x-bittorrent"), false}},
    {WEFT_SPAN_INIT("ts"),          {WEFT_SPAN_INIT("video/mp2t"), false}},
    {WEFT_SPAN_INIT("tsv"),         {WEFT_SPAN_INIT("text/tab-separated-values; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("ttc"),         {WEFT_SPAN_INIT("font/collection"), true}},
    {WEFT_SPAN_INIT("ttf"),         {WEFT_SPAN_INIT("font/ttf"), true}},
    {WEFT_SPAN_INIT("txt"),         {WEFT_SPAN_INIT("text/plain; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("vcf"),         {WEFT_SPAN_INIT("text/vcard; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("vtt"),         {WEFT_SPAN_INIT("text/vtt; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("wasm"),        {WEFT_SPAN_INIT("application/wasm"), true}},
    {WEFT_SPAN_INIT("wav"),         {WEFT_SPAN_INIT("audio/wav"), true}},
    {WEFT_SPAN_INIT("weba"),        {WEFT_SPAN_INIT("audio/webm"), false}},
    {WEFT_SPAN_INIT("webm"),        {WEFT_SPAN_INIT("video/webm"), false}},
    {WEFT_SPAN_INIT("webmanifest"), {WEFT_SPAN_INIT("application/manifest+json"), true}},
    {WEFT_SPAN_INIT("webp"),        {WEFT_SPAN_INIT("image/webp"), false}},
    {WEFT_SPAN_INIT("wmv"),         {WEFT_SPAN_INIT("video/x-ms-wmv"), false}},
    {WEFT_SPAN_INIT("woff"),        {WEFT_SPAN_INIT("font/woff"), false}},
    {WEFT_SPAN_INIT("woff2"),       {WEFT_SPAN_INIT("font/woff2"), false}},
    {WEFT_SPAN_INIT("wsdl"),        {WEFT_SPAN_INIT("application/wsdl+xml"), true}},
    {WEFT_SPAN_INIT("xhtml"),       {WEFT_SPAN_INIT("application/xhtml+xml; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("xls"),         {WEFT_SPAN_INIT("application/vnd.ms-excel"), true}},
    {WEFT_SPAN_INIT("xlsx"),        {WEFT_SPAN_INIT("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), false}},
    {WEFT_SPAN_INIT("xml"),         {WEFT_SPAN_INIT("application/xml; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("xpi"),         {WEFT_SPAN_INIT("application/x-xpinstall"), false}},
    {WEFT_SPAN_INIT("xsl"),         {WEFT_SPAN_INIT("application/xslt+xml; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("xslt"),        {WEFT_SPAN_INIT("application/xslt+xml; charset=utf-8"), true}},
    {WEFT_SPAN_INIT("xz"),          {WEFT_SPAN_INIT("application/x-xz"), false}},
    {WEFT_SPAN_INIT("yaml"),        {WEFT_SPAN_INIT("application/yaml"), true}},
    {WEFT_SPAN_INIT("yml"),         {WEFT_SPAN_INIT("application/yaml"), true}},
    {WEFT_SPAN_INIT("zip"),         {WEFT_SPAN_INIT("application/zip"), false}},
    {WEFT_SPAN_INIT("zst"),         {WEFT_SPAN_INIT("application/zstd"), false}},
};
// clang-format on

static const struct weft_http_mime unknown = {WEFT_SPAN_INIT("application/octet-stream"), false};

// What stands behind the last dot, in lower case; empty without a dot, or where it is long. A slash in it
// agrees with no row.
static struct weft_span extension_of(struct weft_span name, uint8_t room[EXTENSION_MOST])
{
    size_t size = 0;
    const uint8_t *end = name.size > 0 ? name.data + name.size : NULL;
    while (size < name.size && size < EXTENSION_MOST && end[-1 - (ptrdiff_t)size] != '.')
        size++;
    bool has_dot = size < name.size && end[-1 - (ptrdiff_t)size] == '.';
    if (!has_dot) return (struct weft_span){NULL, 0};
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = end[(ptrdiff_t)i - (ptrdiff_t)size];
        room[i] = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
    }
    return (struct weft_span){room, size};
}

static int compare(struct weft_span a, struct weft_span b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = memcmp(a.data, b.data, common);
    if (order != 0) return order;
    return (a.size > b.size) - (a.size < b.size);
}

const struct weft_http_mime *weft_http_mime_of(struct weft_span name)
{
    uint8_t room[EXTENSION_MOST];
    struct weft_span extension = extension_of(name, room);
    size_t from = 0;
    size_t to = extension.size > 0 ? WEFT_COUNT(rows) : 0;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = compare(extension, rows[middle].extension);
        if (order == 0) return &rows[middle].mime;
        if (order > 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return &unknown;
}
