//! The shortest way from one sequence to another, by Myers' algorithm in linear space: find a point in the middle of a
//! shortest way, and go on with what lies before and behind it. A stretch where that takes too long is replaced whole.

const std = @import("std");
const part = @import("part.zig");
const gpa = part.gpa;

/// How many steps from each side are tried; two sequences that differ more than this are as good as different.
const most_steps: usize = 3000;
const unreached: i64 = -(1 << 40);

pub const Marks = struct { deleted: []bool, inserted: []bool };
const Split = struct { x: usize, y: usize };

/// Which items of `a` go, and which of `b` come.
pub fn compare(a: []const u32, b: []const u32) error{OutOfMemory}!Marks {
    const steps: usize = @min(most_steps, a.len + b.len);
    const room = 2 * steps + 3;
    var search = Search{
        .a = a,
        .b = b,
        .marks = .{ .deleted = try gpa.alloc(bool, a.len), .inserted = try gpa.alloc(bool, b.len) },
        .forward = try gpa.alloc(i64, room),
        .backward = try gpa.alloc(i64, room),
    };
    @memset(search.marks.deleted, false);
    @memset(search.marks.inserted, false);
    search.box(0, a.len, 0, b.len);
    return search.marks;
}

const Search = struct {
    a: []const u32,
    b: []const u32,
    marks: Marks,
    forward: []i64,
    backward: []i64,

    fn box(self: *Search, a_from: usize, a_to: usize, b_from: usize, b_to: usize) void {
        var a0, var a1, var b0, var b1 = .{ a_from, a_to, b_from, b_to };
        while (a0 < a1 and b0 < b1 and self.a[a0] == self.b[b0]) {
            a0 += 1;
            b0 += 1;
        }
        while (a0 < a1 and b0 < b1 and self.a[a1 - 1] == self.b[b1 - 1]) {
            a1 -= 1;
            b1 -= 1;
        }
        if (a0 < a1 and b0 < b1) if (self.middle(self.a[a0..a1], self.b[b0..b1])) |at| {
            self.box(a0, a0 + at.x, b0, b0 + at.y);
            return self.box(a0 + at.x, a1, b0 + at.y, b1);
        };
        @memset(self.marks.deleted[a0..a1], true);
        @memset(self.marks.inserted[b0..b1], true);
    }

    /// A point where a way from the beginning and a way from the end meet; null when they do not meet soon enough.
    fn middle(self: *Search, a: []const u32, b: []const u32) ?Split {
        const n: i64 = @intCast(a.len);
        const m: i64 = @intCast(b.len);
        const odd = @mod(n - m, 2) != 0;
        @memset(self.forward, unreached);
        @memset(self.backward, unreached);
        self.forward[self.slot(1)] = 0;
        self.backward[self.slot(1)] = 0;
        var d: i64 = 0;
        while (d <= @min(@as(i64, most_steps), @divFloor(n + m + 1, 2))) : (d += 1) {
            if (self.step(self.forward, self.backward, d, if (odd) d - 1 else -1, a, b, false)) |at| return at;
            if (self.step(self.backward, self.forward, d, if (odd) -1 else d, a, b, true)) |at| return at;
        }
        return null;
    }

    fn slot(self: *Search, k: i64) usize {
        return @intCast(k + @as(i64, @intCast(self.forward.len / 2)));
    }

    /// One more change from one side, on every diagonal; `reach` is how far the diagonals of the other side go.
    fn step(self: *Search, own: []i64, other: []const i64, d: i64, reach: i64, a: []const u32, b: []const u32, back: bool) ?Split {
        const n: i64 = @intCast(a.len);
        const m: i64 = @intCast(b.len);
        var k = -d;
        while (k <= d) : (k += 2) {
            const down = k == -d or (k != d and own[self.slot(k - 1)] < own[self.slot(k + 1)]);
            var x = if (down) own[self.slot(k + 1)] else own[self.slot(k - 1)] + 1;
            if (x < 0 or x > n or x - k < 0 or x - k > m) {
                own[self.slot(k)] = unreached;
                continue;
            }
            while (x < n and x - k < m and equal(a, b, @intCast(x), @intCast(x - k), back)) x += 1;
            own[self.slot(k)] = x;
            const across = n - m - k;
            if (@abs(across) > reach or reach < 0 or other[self.slot(across)] < 0) continue;
            if (x + other[self.slot(across)] < n) continue;
            return if (back) .{ .x = @intCast(n - x), .y = @intCast(m - (x - k)) } else .{ .x = @intCast(x), .y = @intCast(x - k) };
        }
        return null;
    }
};

fn equal(a: []const u32, b: []const u32, x: usize, y: usize, back: bool) bool {
    return if (back) a[a.len - 1 - x] == b[b.len - 1 - y] else a[x] == b[y];
}
