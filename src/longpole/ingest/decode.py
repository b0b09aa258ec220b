"""One body of the spool as spans and log records, whatever its signal and format."""

from longpole.ingest import otlp_json, otlp_protobuf
from longpole.ingest.limits import Decoded
from longpole.ingest.spool import Accepted, BodyFormat, Signal


def decode_body(accepted: Accepted) -> Decoded:
    """The spans or log records of a body that the door took; of metrics only their count.

    Raises:
        InvalidInput: the door would not have taken it.
    """
    codec = otlp_json if accepted.body_format is BodyFormat.JSON else otlp_protobuf
    if accepted.signal is Signal.TRACES:
        return codec.decode_traces(accepted.body, accepted.workspace, accepted.received_ns)
    if accepted.signal is Signal.LOGS:
        return codec.decode_logs(accepted.body, accepted.workspace, accepted.received_ns)
    return Decoded(spans=[], logs=[], data_points=codec.count_data_points(accepted.body), rejected=[])
