#!/usr/bin/env python3
"""Writes event_file.tfevents: an event file as TensorBoard's own classes write it.

Usage: event_file.py > event_file.tfevents (needs third_party/requirements-test.txt)
"""

import io
import sys

from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter


class Bytes(io.BytesIO):
    def close(self) -> None:  # RecordWriter's end; the bytes are still wanted
        pass


event = event_pb2.Event
value = summary_pb2.Summary.Value

scalars = [value(tag="loss/train", simple_value=0.75), value(tag="zero", simple_value=0)]
histogram = summary_pb2.HistogramProto(min=1, max=3, num=1, sum=2.25, sum_squares=5.25, bucket_limit=[2, 3],
                                       bucket=[0.25, 0.75])
text = value(tag="pruning")
text.tensor.dtype = 7  # DT_STRING
text.tensor.tensor_shape.SetInParent()
text.tensor.string_val.append("α | β".encode())
text.metadata.plugin_data.plugin_name = "text"

file = Bytes()
writer = RecordWriter(file)
for record in [
        event(wall_time=1769860800, file_version="brain.Event:2"),
        event(wall_time=1769860800, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START)),
        event(wall_time=1769860801.5, step=300, summary=summary_pb2.Summary(value=scalars)),
        event(wall_time=1769860802, step=70000, summary=summary_pb2.Summary(
            value=[value(tag="alpha", histo=histogram), text]))]:
    writer.write(record.SerializeToString(deterministic=True))
sys.stdout.buffer.write(file.getvalue())
