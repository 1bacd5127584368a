/* A part: one JSON map in on standard input, one JSON value out on standard output.
 *
 * A failure is a value too: {"error": {"code", "message", "retryable"}}. Standard error is the log of the step.
 */
#include "json.h"

static int refuse(const char *message) {
    printf("{\"error\":{\"code\":\"bad_input\",\"message\":");
    json_write_text(stdout, message, strlen(message));
    printf(",\"retryable\":false}}");
    return 0;
}

int main(void) {
    size_t size;
    char *input = json_read_all(stdin, &size);
    if (!input) return refuse("the input is larger than the part's memory");
    char *name;
    size_t length;
    switch (json_text_field(input, size, "name", &name, &length)) {
        case JSON_FOUND: break;
        case JSON_MISSING: return refuse("`name` is missing; give it in the node's map");
        default: return refuse("`name` must be a text");
    }
    if (length == 0) return refuse("`name` is missing; give it in the node's map");
    printf("{\"greeting\":");
    json_write_begin(stdout);
    json_write_piece(stdout, "Hello, ", 7);
    json_write_piece(stdout, name, length);
    json_write_piece(stdout, "!", 1);
    json_write_end(stdout);
    printf("}");
    return 0;
}
