/* A plain WASI command: reads {"words": [...]} and writes how often each occurs, as JSON.
 *
 *     python -m ziglang cc --target=wasm32-wasi -Oz -s -o words.wasm main.c
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 64
static char text[4096];
static char *words[MOST];
static int counts[MOST];
static int known;

static int compare(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

static void collect(char *list) {
    char *all[MOST];
    int n = 0;
    for (char *at = strchr(list, '"'); at && n < MOST; at = strchr(at + strlen(at) + 1, '"')) {
        char *end = strchr(++at, '"');
        if (!end) break;
        *end = 0;
        for (char *c = at; *c; c++) *c = (char)tolower(*c);
        all[n++] = at;
    }
    qsort(all, n, sizeof *all, compare);
    for (int i = 0; i < n; i++) {
        if (!known || strcmp(words[known - 1], all[i])) words[known++] = all[i];
        counts[known - 1]++;
    }
}

int main(int argc, char **argv) {
    (void)argv;
    size_t size = fread(text, 1, sizeof text - 1, stdin);
    text[size] = 0;
    char *list = strchr(text, '['), *end = strchr(text, ']');
    if (!list || !end) {
        fputs("no list of words\n", stderr);
        return 2;
    }
    *end = 0;
    collect(list);
    struct timespec before, after, pause = {0, 3000000};
    clock_gettime(CLOCK_MONOTONIC, &before);
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    long waited = (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec;
    printf("{\"counts\":{");
    for (int i = 0; i < known; i++) printf("%s\"%s\":%d", i ? "," : "", words[i], counts[i]);
    printf("},\"sorted\":[");
    for (int i = 0; i < known; i++) printf("%s\"%s\"", i ? "," : "", words[i]);
    const char *home = getenv("HOME");
    FILE *file = fopen("/etc/passwd", "r");
    printf("],\"args\":%d,\"home\":\"%s\",\"waited\":%s,\"missing\":%s}\n", argc, home ? home : "",
           waited >= 3000000 ? "true" : "false", file ? "false" : "true");
    return 0;
}
