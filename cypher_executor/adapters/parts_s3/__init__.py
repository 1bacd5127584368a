"""Parts in S3, or in a server like it: `S3Parts` is the store, `Bucket` the way there, `ObjectCache` what stays here.

Everything under the prefix is named by what is in it, but the heads, which say what a name means now:

    objects/<hex>     a module, or the record of a part (JSON), under the sha256 of its bytes
    heads/<name>      `sha256:<hex>` of the record that the part of this name is

So a byte that has changed anywhere is noticed: what does not have its digest is refused, wherever it came from.
"""

from cypher_executor.adapters.parts_s3.bucket import Bucket, S3Address, read_address
from cypher_executor.adapters.parts_s3.cache import ObjectCache
from cypher_executor.adapters.parts_s3.store import S3Parts

__all__ = ["Bucket", "ObjectCache", "S3Address", "S3Parts", "read_address"]
