//! `\p{...}`: the general categories of Unicode by their names (`L`, `Lu`, `Letter`). Scripts and other properties are
//! not known here.

const std = @import("std");
const Range = @import("regex.zig").Range;
const gpa = @import("../part.zig").gpa;

const names = [_][]const u8{
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc",
    "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
};

const long_names = std.StaticStringMap([]const u8).initComptime(.{
    .{ "Letter", "L" },            .{ "Uppercase_Letter", "Lu" }, .{ "Lowercase_Letter", "Ll" }, .{ "Titlecase_Letter", "Lt" },
    .{ "Modifier_Letter", "Lm" },  .{ "Other_Letter", "Lo" },     .{ "Mark", "M" },              .{ "Nonspacing_Mark", "Mn" },
    .{ "Number", "N" },            .{ "Decimal_Number", "Nd" },   .{ "digit", "Nd" },            .{ "Letter_Number", "Nl" },
    .{ "Other_Number", "No" },     .{ "Punctuation", "P" },       .{ "punct", "P" },             .{ "Dash_Punctuation", "Pd" },
    .{ "Symbol", "S" },            .{ "Math_Symbol", "Sm" },      .{ "Currency_Symbol", "Sc" },  .{ "Other_Symbol", "So" },
    .{ "Separator", "Z" },         .{ "Space_Separator", "Zs" },  .{ "Other", "C" },             .{ "Control", "Cc" },
    .{ "Format", "Cf" },
});

/// The stretches of one category, one after the other; `make_categories.py` says how they are written.
const table = @embedFile("categories.bin");

/// The ranges of a category, or null for a name that is not known.
pub fn of(given: []const u8) error{OutOfMemory}!?[]const Range {
    var name = given;
    for ([_][]const u8{ "General_Category=", "gc=" }) |prefix| {
        if (std.mem.startsWith(u8, name, prefix)) name = name[prefix.len..];
    }
    name = long_names.get(name) orelse name;
    var wanted = [_]bool{false} ** names.len;
    var known = false;
    for (names, &wanted) |category, *slot| {
        slot.* = std.mem.eql(u8, category, name) or (name.len == 1 and category[0] == name[0]);
        known = known or slot.*;
    }
    if (!known) return null;
    var out: std.ArrayList(Range) = .empty;
    var at: usize = 0;
    var from: usize = 0;
    while (at < table.len) {
        const category = table[at] & 31;
        const end = from + lengthAt(&at);
        const joins = out.items.len > 0 and out.items[out.items.len - 1].last + 1 == from;
        if (wanted[category] and joins) out.items[out.items.len - 1].last = @intCast(end - 1);
        if (wanted[category] and !joins) try out.append(gpa, .{ .first = @intCast(from), .last = @intCast(end - 1) });
        from = end;
    }
    return out.items;
}

fn lengthAt(at: *usize) usize {
    const short = table[at.*] >> 5;
    at.* += 1;
    if (short > 0) return short;
    var length: usize = 0;
    var shift: u5 = 0;
    while (true) : (shift += 7) {
        const byte = table[at.*];
        at.* += 1;
        length |= @as(usize, byte & 127) << shift;
        if (byte < 128) return length;
    }
}
