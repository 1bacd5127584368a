//! A stable merge sort from the bottom up: no recursion, n extra places, and a tenth of the code of the library's.

const std = @import("std");

pub fn stable(
    comptime T: type,
    gpa: std.mem.Allocator,
    items: []T,
    context: anytype,
    comptime less: fn (@TypeOf(context), T, T) bool,
) error{OutOfMemory}!void {
    var from = items;
    var to = try gpa.alloc(T, items.len);
    var width: usize = 1;
    while (width < items.len) : (width *= 2) {
        var start: usize = 0;
        while (start < items.len) : (start += 2 * width) {
            const middle = @min(start + width, items.len);
            const end = @min(start + 2 * width, items.len);
            merge(T, from[start..middle], from[middle..end], to[start..end], context, less);
        }
        std.mem.swap([]T, &from, &to);
    }
    if (from.ptr != items.ptr) @memcpy(items, from);
}

fn merge(
    comptime T: type,
    left: []const T,
    right: []const T,
    out: []T,
    context: anytype,
    comptime less: fn (@TypeOf(context), T, T) bool,
) void {
    var l: usize = 0;
    var r: usize = 0;
    for (out) |*slot| {
        const take_right = l == left.len or (r < right.len and less(context, right[r], left[l]));
        slot.* = if (take_right) right[r] else left[l];
        if (take_right) r += 1 else l += 1;
    }
}
