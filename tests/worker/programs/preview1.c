/* What programs of WASI preview 1 expect, asked through the C library: one line of JSON, a truth for each expectation.
 *
 *     python -m ziglang cc --target=wasm32-wasi -Oz -s -o preview1.wasm preview1.c
 *
 * The public wasi-testsuite is in no package that could be installed. Its programs for preview 1 that need no folder
 * (clocks, standard streams, randomness, waiting, yielding, closing, seeking, arguments, environment) are about what is
 * asked here; those that need a folder must find that there is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int first = 1;

static void expect(const char *what, int holds) {
    printf("%s\"%s\":%s", first ? "{" : ",", what, holds ? "true" : "false");
    first = 0;
}

static long long ns(clockid_t clock) {
    struct timespec now = {0, 0};
    return clock_gettime(clock, &now) ? -1 : now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void clocks(void) {
    struct timespec resolution = {0, 0};
    expect("clock_getres_monotonic", !clock_getres(CLOCK_MONOTONIC, &resolution) && resolution.tv_nsec > 0);
    expect("clock_getres_realtime", !clock_getres(CLOCK_REALTIME, &resolution) && resolution.tv_nsec > 0);
    long long before = ns(CLOCK_MONOTONIC), after = ns(CLOCK_MONOTONIC);
    expect("clock_gettime_monotonic_grows", before >= 0 && after > before);
    expect("clock_gettime_realtime", ns(CLOCK_REALTIME) >= 0 && time(NULL) >= 0);
    struct timespec pause = {0, 2000000};
    before = ns(CLOCK_MONOTONIC);
    expect("nanosleep_moves_the_clock", !nanosleep(&pause, NULL) && ns(CLOCK_MONOTONIC) - before >= 2000000);
}

static void streams(void) {
    char rest[8];
    struct stat status;
    expect("read_behind_the_end_is_zero", read(0, rest, sizeof rest) == 0);
    expect("write_of_nothing_is_zero", write(1, rest, 0) == 0);
    expect("reading_standard_output_is_refused", read(1, rest, 1) == -1 && errno == EBADF);
    expect("writing_standard_input_is_refused", write(0, rest, 1) == -1 && errno == EBADF);
    expect("a_stream_cannot_seek", lseek(0, 0, SEEK_CUR) == -1 && (errno == ESPIPE || errno == EBADF));
    expect("fstat_of_a_stream", !fstat(0, &status) && status.st_size == 0);
    expect("fcntl_of_a_stream", fcntl(1, F_GETFL) != -1);
    expect("an_unknown_descriptor", fcntl(77, F_GETFL) == -1 && errno == EBADF && close(77) == -1 && errno == EBADF);
    struct pollfd both[2] = {{0, POLLIN, 0}, {1, POLLOUT, 0}};
    expect("poll_of_streams_is_ready", poll(both, 2, 1000) == 2 && both[0].revents && both[1].revents);
    expect("poll_of_nothing_times_out", poll(both, 0, 3) == 0);
    expect("close_of_standard_input", !close(0));
}

static void world(int argc, char **argv) {
    unsigned char a[64] = {0}, b[64] = {0};
    expect("getentropy", !getentropy(a, sizeof a) && !getentropy(b, sizeof b) && memcmp(a, b, sizeof a));
    expect("sched_yield", !sched_yield());
    expect("a_name_and_no_arguments", argc == 1 && !strcmp(argv[0], "part") && !argv[1]);
    expect("no_environment", !getenv("HOME") && !getenv("PATH"));
    expect("no_files", open("/etc/passwd", O_RDONLY) == -1 && errno != 0);
    expect("no_folder_to_make_files_in", open("made", O_CREAT | O_WRONLY, 0600) == -1 && mkdir("made", 0700) == -1);
    expect("nothing_to_rename_or_remove", rename("a", "b") == -1 && unlink("a") == -1 && rmdir("a") == -1);
    char *large = malloc(8 << 20);
    expect("memory_grows", large && (large[(8 << 20) - 1] = 1));
    void *volatile larger = malloc(512 << 20);
    expect("memory_ends_with_null_and_not_with_a_trap", !larger);
}

int main(int argc, char **argv) {
    char input[64];
    size_t size = fread(input, 1, sizeof input, stdin);
    expect("input", size == 2 && !memcmp(input, "{}", 2));
    clocks();
    streams();
    world(argc, argv);
    printf("}\n");
    fflush(stdout);
    exit(0);
}
