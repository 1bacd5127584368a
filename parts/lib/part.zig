//! What every part is made of: read the input, do one thing, write the answer.
//!
//! A part is a WASI preview 1 command. It reads one JSON map from stdin and writes one JSON value to stdout. A failure
//! is a value too, `{"error": {"code", "message", "retryable"}}`; a part that traps has a bug. A part's own file
//! has `pub fn run`, which takes the input and gives the output; `start.zig` hands it to `entry`.

const std = @import("std");
pub const json = @import("json.zig");
pub const json_write = @import("json_write.zig");
pub const memory = @import("memory.zig");
pub const sort = @import("sort.zig");
pub const unicode = @import("unicode.zig");
pub const decimal = @import("decimal.zig");
pub const compare = @import("compare.zig");
pub const search = @import("search.zig");
pub const Distinct = @import("distinct.zig").Distinct;
pub const path = @import("path.zig");
pub const condition = @import("condition.zig");
pub const sentences = @import("sentences.zig");
pub const host = @import("host.zig");
pub const calendar = @import("calendar.zig");
pub const kv = @import("kv.zig");
pub const http = @import("http.zig");
pub const s3 = @import("s3.zig");
pub const encoding = @import("encoding.zig");
pub const arithmetic = @import("arithmetic.zig");
pub const maps = @import("maps.zig");
pub const merge = @import("merge.zig");
pub const wholeNumber = arithmetic.wholeNumber;
pub const cases = @import("cases.zig");
pub const number_texts = @import("number_texts.zig");
pub const myers = @import("myers.zig");
pub const draft = @import("draft.zig");
pub const json_patch = @import("json_patch.zig");
pub const regex = @import("regex/regex.zig");
pub const pattern_ops = @import("pattern_ops.zig");
pub const uri = @import("uri.zig");
pub const csv = @import("csv/csv.zig");
pub const lists = @import("lists/lists.zig");
pub const time = @import("time/time.zig");
pub const markdown = @import("markdown/markdown.zig");
pub const json_schema = @import("json_schema/json_schema.zig");
pub const Value = json.Value;
pub const Map = json.Map;

pub const gpa = memory.allocator;

/// `Failed` comes from `fail`, which has kept what to say.
pub const Error = error{ Failed, OutOfMemory, TooDeep };

const wasi = struct {
    const Slice = extern struct { ptr: [*]const u8, len: usize };
    extern "wasi_snapshot_preview1" fn fd_read(fd: i32, slices: *const Slice, count: usize, done: *usize) u16;
    extern "wasi_snapshot_preview1" fn fd_write(fd: i32, slices: *const Slice, count: usize, done: *usize) u16;
};

const Failure = struct { code: []const u8, message: []const u8, retryable: bool = false };
var failure: Map = .empty;

/// End the part with an error that the recipe's author will read: say what is wrong and what to do.
pub fn fail(code: []const u8, message: []const []const u8) Error {
    return failWith(code, message, false);
}

pub fn failWith(code: []const u8, message: []const []const u8, retryable: bool) Error {
    return failMap(try failureMap(.{ .code = code, .message = try concat(message), .retryable = retryable }));
}

/// End the part with an error that is there already: `code`, `message`, `retryable` and whatever else it says.
pub fn failMap(map: Map) Error {
    failure = map;
    return error.Failed;
}

/// A misfit of the input. Every part uses the same code for it.
pub fn badInput(message: []const []const u8) Error {
    return fail("bad_input", message);
}

pub fn concat(pieces: []const []const u8) error{OutOfMemory}![]const u8 {
    return std.mem.concat(gpa, u8, pieces);
}

/// Makes `run` the part that this module is.
pub fn entry(comptime run: fn (Input) Error!Value) void {
    const command = struct {
        fn start() callconv(.c) void {
            writeAll(answer(run) catch lastWords());
        }
    };
    @export(&command.start, .{ .name = "_start" });
}

fn answer(comptime run: fn (Input) Error!Value) Error![]const u8 {
    const output = readInput(run) catch |err| try errorValue(err);
    return json_write.write(gpa, output, .{}) catch |err| try json_write.write(gpa, try errorValue(err), .{});
}

fn readInput(comptime run: fn (Input) Error!Value) Error!Value {
    const source = try readAll();
    const value = json.read(gpa, source) catch |err| {
        return badInput(&.{ "the input is not JSON: ", json.explain(err) });
    };
    if (value != .map) return badInput(&.{ "the input must be a map, but it is a ", value.kind() });
    return run(.{ .map = value.map });
}

fn errorValue(err: Error) Error!Value {
    return mapOf("error", .{ .map = switch (err) {
        error.Failed => failure,
        error.OutOfMemory => try failureMap(.{
            .code = "out_of_memory",
            .message = "the values do not fit into the memory of this part; raise memory_mb in its limits or split the work",
        }),
        error.TooDeep => try failureMap(.{ .code = "too_deep", .message = "the output would be nested deeper than 64" }),
    } });
}

fn failureMap(what: Failure) error{OutOfMemory}!Map {
    return fields(.{
        .{ "code", Value{ .text = what.code } },
        .{ "message", Value{ .text = what.message } },
        .{ "retryable", Value{ .bool = what.retryable } },
    });
}

/// When there is no memory left even for saying so.
fn lastWords() []const u8 {
    return
        \\{"error":{"code":"out_of_memory","message":"this part has no memory left; raise memory_mb in its limits or split the work","retryable":false}}
    ;
}

fn readAll() error{OutOfMemory}![]const u8 {
    var bytes = try std.ArrayList(u8).initCapacity(gpa, 4096);
    while (true) {
        const room = bytes.unusedCapacitySlice();
        var done: usize = 0;
        const status = wasi.fd_read(0, &.{ .ptr = room.ptr, .len = room.len }, 1, &done);
        if (status != 0 or done == 0) return bytes.items;
        bytes.items.len += done;
        if (bytes.unusedCapacitySlice().len == 0) try bytes.ensureTotalCapacity(gpa, bytes.capacity * 2);
    }
}

fn writeAll(bytes: []const u8) void {
    var rest = bytes;
    while (rest.len > 0) {
        var done: usize = 0;
        if (wasi.fd_write(1, &.{ .ptr = rest.ptr, .len = rest.len }, 1, &done) != 0) return;
        rest = rest[done..];
    }
}

/// A map literal: `fields(.{ .{ "key", value }, ... })`.
pub fn fields(entries: anytype) error{OutOfMemory}!Map {
    var map: Map = .empty;
    inline for (entries) |one| try map.put(gpa, one[0], one[1]);
    return map;
}

/// A map with one key, which is what most parts answer.
pub fn mapOf(key: []const u8, value: Value) error{OutOfMemory}!Value {
    return .{ .map = try fields(.{.{ key, value }}) };
}

pub fn textList(found: []const []const u8) error{OutOfMemory}!Value {
    const items = try gpa.alloc(Value, found.len);
    for (found, items) |one, *slot| slot.* = .{ .text = one };
    return .{ .list = items };
}

pub fn result(value: Value) error{OutOfMemory}!Value {
    return mapOf("result", value);
}

/// A list literal on the heap.
pub fn listOf(items: []const Value) error{OutOfMemory}!Value {
    return .{ .list = try gpa.dupe(Value, items) };
}

pub fn integer(number: anytype) error{OutOfMemory}!Value {
    const buffer = try gpa.alloc(u8, 24);
    return .{ .number = std.fmt.bufPrint(buffer, "{d}", .{number}) catch unreachable };
}

/// The input map, with one question for each kind of field. A field that is `null` counts as absent.
pub const Input = struct {
    map: Map,

    pub fn get(self: Input, name: []const u8) ?Value {
        const value = self.map.get(name) orelse return null;
        return if (value == .null) null else value;
    }

    /// A field where `null` is a value like any other.
    pub fn any(self: Input, name: []const u8) Error!Value {
        return self.map.get(name) orelse missing(name);
    }

    pub fn text(self: Input, name: []const u8) Error![]const u8 {
        return try self.optionalText(name) orelse missing(name);
    }

    pub fn optionalText(self: Input, name: []const u8) Error!?[]const u8 {
        const value = self.get(name) orelse return null;
        return if (value == .text) value.text else wrongKind(name, "a string", value);
    }

    pub fn textOr(self: Input, name: []const u8, default: []const u8) Error![]const u8 {
        return try self.optionalText(name) orelse default;
    }

    pub fn list(self: Input, name: []const u8) Error![]const Value {
        const value = self.get(name) orelse return missing(name);
        return if (value == .list) value.list else wrongKind(name, "a list", value);
    }

    /// A list of strings.
    pub fn texts(self: Input, name: []const u8) Error![]const []const u8 {
        const items = try self.list(name);
        const found = try gpa.alloc([]const u8, items.len);
        for (items, found) |item, *slot| {
            slot.* = if (item == .text) item.text else return wrongKind(name, "a list of strings", item);
        }
        return found;
    }

    pub fn mapField(self: Input, name: []const u8) Error!Map {
        const value = self.get(name) orelse return missing(name);
        return if (value == .map) value.map else wrongKind(name, "a map", value);
    }

    pub fn number(self: Input, name: []const u8) Error![]const u8 {
        return try self.optionalNumber(name) orelse missing(name);
    }

    pub fn optionalNumber(self: Input, name: []const u8) Error!?[]const u8 {
        const value = self.get(name) orelse return null;
        return if (value == .number) value.number else wrongKind(name, "a number", value);
    }

    pub fn boolOr(self: Input, name: []const u8, default: bool) Error!bool {
        const value = self.get(name) orelse return default;
        return if (value == .bool) value.bool else wrongKind(name, "true or false", value);
    }

    /// A whole number in a range; `2.0` and `2e0` are whole too.
    pub fn int(self: Input, name: []const u8, low: i64, high: i64) Error!i64 {
        return try self.optionalInt(name, low, high) orelse missing(name);
    }

    pub fn intOr(self: Input, name: []const u8, low: i64, high: i64, default: i64) Error!i64 {
        return try self.optionalInt(name, low, high) orelse default;
    }

    pub fn optionalInt(self: Input, name: []const u8, low: i64, high: i64) Error!?i64 {
        const value = self.get(name) orelse return null;
        if (value == .number) if (wholeNumber(value.number)) |found| {
            if (found >= low and found <= high) return found;
        };
        const low_text = (try integer(low)).number;
        const high_text = (try integer(high)).number;
        return badInput(&.{ "`", name, "` must be a whole number from ", low_text, " to ", high_text });
    }

    /// One of `known`, or a refusal that lists them.
    pub fn choice(self: Input, name: []const u8, comptime Choice: type, default: ?Choice) Error!Choice {
        const word = try self.optionalText(name) orelse return default orelse unknown(name, null, Choice);
        return std.meta.stringToEnum(Choice, word) orelse unknown(name, word, Choice);
    }
};

pub fn missing(name: []const u8) Error {
    return badInput(&.{ "`", name, "` is missing; give it in the node's map" });
}

pub fn wrongKind(name: []const u8, wanted: []const u8, value: Value) Error {
    return badInput(&.{ "`", name, "` must be ", wanted, ", but it is a ", value.kind() });
}

fn unknown(name: []const u8, word: ?[]const u8, comptime Choice: type) Error {
    const known = comptime blk: {
        var names: []const u8 = "";
        for (std.meta.fieldNames(Choice), 0..) |field, i| names = names ++ (if (i == 0) "" else ", ") ++ field;
        break :blk names;
    };
    const said = if (word) |given| try concat(&.{ "unknown ", name, " `", given, "`" }) else try concat(&.{ "`", name, "` is missing" });
    return fail("bad_input", &.{ said, "; known are: ", known });
}

/// A place that may count from the end, as a place from the start that lies within `len`.
pub fn fromEnd(place: i64, len: i64) i64 {
    return std.math.clamp(if (place < 0) place + len else place, 0, len);
}
