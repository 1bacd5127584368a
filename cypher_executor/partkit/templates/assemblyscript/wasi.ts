// What a part sees of the world: standard input, standard output, and standard error for log lines.

@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, slices: usize, count: usize, done: usize): u16;

@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, slices: usize, count: usize, done: usize): u16;

const CHUNK = 65536;
const slice = memory.data(8);
const done = memory.data(4);

/** All of standard input, as text. */
export function readInput(): string {
  let bytes = new ArrayBuffer(CHUNK);
  let length = 0;
  while (true) {
    if (length == bytes.byteLength) {
      const larger = new ArrayBuffer(2 * length);
      memory.copy(changetype<usize>(larger), changetype<usize>(bytes), length);
      bytes = larger;
    }
    store<u32>(slice, changetype<usize>(bytes) + length);
    store<u32>(slice, bytes.byteLength - length, 4);
    if (fd_read(0, slice, 1, done) != 0) unreachable();
    const read = load<u32>(done);
    if (read == 0) return String.UTF8.decode(bytes.slice(0, length));
    length += read;
  }
}

/** Write a text to standard output. */
export function writeOutput(text: string): void {
  write(1, text);
}

/** Write a line to standard error: it stands in the log of the step. */
export function log(text: string): void {
  write(2, text + "\n");
}

function write(fd: i32, text: string): void {
  const bytes = String.UTF8.encode(text);
  let at = 0;
  while (at < bytes.byteLength) {
    store<u32>(slice, changetype<usize>(bytes) + at);
    store<u32>(slice, bytes.byteLength - at, 4);
    if (fd_write(fd, slice, 1, done) != 0) unreachable();
    at += load<u32>(done);
  }
}

/** What the compiler calls when something is broken: say where, and end the call. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  log((message === null ? "aborted" : message) + " (" + (file === null ? "?" : file) + ":" + line.toString() + ")");
  unreachable();
}
