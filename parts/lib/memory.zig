//! The memory of one call. A part lives for one call only, so nothing is ever given back: an allocation moves a mark
//! up, and the block at the mark may grow in place, which is what growing lists and texts mostly ask for.
//! Beyond the limit that the host set, `memory.grow` says -1 and the allocation fails with OutOfMemory.

const std = @import("std");
const Alignment = std.mem.Alignment;

extern var __heap_base: u8;
const page_bytes = 65536;
var mark: usize = 0;

pub const allocator: std.mem.Allocator = .{ .ptr = undefined, .vtable = &.{
    .alloc = alloc,
    .resize = resize,
    .remap = remap,
    .free = free,
} };

fn alloc(_: *anyopaque, len: usize, alignment: Alignment, _: usize) ?[*]u8 {
    if (mark == 0) mark = @intFromPtr(&__heap_base);
    const start = alignment.forward(mark);
    return if (moveMark(start, len)) @ptrFromInt(start) else null;
}

fn moveMark(start: usize, len: usize) bool {
    const end, const overflowed = @addWithOverflow(start, len);
    if (overflowed == 1) return false;
    const have = @wasmMemorySize(0) * page_bytes;
    if (end > have) {
        const pages = (end - have + page_bytes - 1) / page_bytes;
        if (@wasmMemoryGrow(0, pages) < 0) return false;
    }
    mark = end;
    return true;
}

fn resize(_: *anyopaque, memory: []u8, _: Alignment, new_len: usize, _: usize) bool {
    const start = @intFromPtr(memory.ptr);
    if (start + memory.len != mark) return new_len <= memory.len;
    return moveMark(start, new_len);
}

fn remap(context: *anyopaque, memory: []u8, alignment: Alignment, new_len: usize, address: usize) ?[*]u8 {
    return if (resize(context, memory, alignment, new_len, address)) memory.ptr else null;
}

fn free(_: *anyopaque, memory: []u8, _: Alignment, _: usize) void {
    if (@intFromPtr(memory.ptr) + memory.len == mark) mark -= memory.len;
}
