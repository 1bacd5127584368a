//! JSON Schema, 2020-12. First a schema is checked as a whole (`schema`): a keyword that is not supported or written
//! wrongly is refused, because a rule that is silently left out is worse than none; and so is a reference that leads
//! nowhere (`references`). Then the value is followed through the schema (`validator`), by what is equal and what fits
//! (`values`, `formats`).

pub const Rules = @import("schema.zig").Rules;
pub const References = @import("references.zig").References;
pub const Validator = @import("validator.zig").Validator;
