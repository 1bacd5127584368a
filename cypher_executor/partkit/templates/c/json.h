/* As much JSON as a small part needs: the fields of the input map, and texts for the output.
 *
 * The host hands over valid JSON in UTF-8, so only what is looked for is read and the rest is stepped over, in loops:
 * an input of any depth takes no stack. For more than this, take a library: any C that compiles for WASI will do.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum json_found { JSON_FOUND, JSON_MISSING, JSON_OTHER_TYPE };

/* All of a stream, with a zero behind it; NULL when there is no memory for it. */
static char *json_read_all(FILE *from, size_t *size) {
    size_t room = 65536;
    char *all = malloc(room + 1);
    *size = 0;
    while (all) {
        *size += fread(all + *size, 1, room - *size, from);
        if (*size < room) break;
        char *larger = realloc(all, 2 * room + 1);
        if (!larger) free(all);
        all = larger;
        room *= 2;
    }
    if (all) all[*size] = 0;
    return all;
}

static const char *json_blanks(const char *at, const char *end) {
    while (at < end && strchr(" \t\r\n", *at)) at++;
    return at;
}

/* Behind the text that begins here. */
static const char *json_past_text(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++) at += *at == '\\';
    return at < end ? at + 1 : end;
}

/* Behind the value that begins here. */
static const char *json_past_value(const char *at, const char *end) {
    for (size_t depth = 0; at < end;) {
        if (*at == '"') {
            at = json_past_text(at, end);
        } else if (*at == '{' || *at == '[') {
            depth++, at++;
        } else if (*at == '}' || *at == ']') {
            depth--, at++;
        } else if (depth) {
            at++;
            continue;
        } else {
            while (at < end && !strchr(",}] \t\r\n", *at)) at++;
        }
        if (!depth) break;
    }
    return at;
}

static uint32_t json_hex(const char *at) {
    char digits[5] = {at[0], at[1], at[2], at[3], 0};
    return (uint32_t)strtoul(digits, NULL, 16);
}

static char *json_put_utf8(char *to, uint32_t point) {
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xc0 | point >> 6);
        *to++ = (char)(0x80 | (point & 63));
    } else if (point < 0x10000) {
        *to++ = (char)(0xe0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 63));
        *to++ = (char)(0x80 | (point & 63));
    } else {
        *to++ = (char)(0xf0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 63));
        *to++ = (char)(0x80 | (point >> 6 & 63));
        *to++ = (char)(0x80 | (point & 63));
    }
    return to;
}

/* The text that begins here, as UTF-8 with a zero behind it (it may hold zeros itself: mind the length). */
static char *json_text(const char *at, const char *end, size_t *length) {
    char *text = malloc((size_t)(end - at) + 1), *to = text;
    if (!text) abort();
    for (at++; at < end && *at != '"'; at++) {
        if (*at != '\\') {
            *to++ = *at;
            continue;
        }
        const char *escapes = "b\bf\fn\nr\rt\t", *known = strchr(escapes, *++at);
        if (*at != 'u') {
            *to++ = known && known[0] ? known[1] : *at;
            continue;
        }
        uint32_t point = json_hex(at + 1);
        at += 4;
        if (point >= 0xd800 && point < 0xdc00 && end - at > 6 && at[1] == '\\' && at[2] == 'u') {
            point = 0x10000 + ((point - 0xd800) << 10) + (json_hex(at + 3) - 0xdc00);
            at += 6;
        }
        to = json_put_utf8(to, point);
    }
    *to = 0;
    *length = (size_t)(to - text);
    return text;
}

/* A field of the map that a JSON text is; its value runs from `*from` to `*to`. */
static bool json_field(const char *json, size_t size, const char *name, const char **from, const char **to) {
    const char *end = json + size, *at = json_blanks(json, end);
    if (at == end || *at != '{') return false;
    for (at = json_blanks(at + 1, end); at < end && *at == '"'; at = json_blanks(at + (*at == ','), end)) {
        size_t length;
        const char *behind = json_past_text(at, end);
        char *key = json_text(at, behind, &length);
        bool wanted = length == strlen(name) && !memcmp(key, name, length);
        free(key);
        *from = json_blanks(json_blanks(behind, end) + 1, end);
        *to = json_past_value(*from, end);
        if (wanted) return true;
        at = json_blanks(*to, end);
    }
    return false;
}

/* A field that is a text; null counts as missing. */
static enum json_found json_text_field(const char *json, size_t size, const char *name, char **text, size_t *length) {
    const char *from, *to;
    if (!json_field(json, size, name, &from, &to) || *from == 'n') return JSON_MISSING;
    if (*from != '"') return JSON_OTHER_TYPE;
    *text = json_text(from, to, length);
    return JSON_FOUND;
}

/* A text in pieces: begin, any number of pieces, end. */
static void json_write_begin(FILE *to) { fputc('"', to); }
static void json_write_end(FILE *to) { fputc('"', to); }

static void json_write_piece(FILE *to, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            fputc('\\', to), fputc(c, to);
        } else if (c < 0x20) {
            fprintf(to, "\\u%04x", c);
        } else {
            fputc(c, to);
        }
    }
}

static void json_write_text(FILE *to, const char *text, size_t length) {
    json_write_begin(to);
    json_write_piece(to, text, length);
    json_write_end(to);
}
