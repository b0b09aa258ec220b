"""The server: OTLP comes in, answers go out, over HTTP; the only asynchronous part of Longpole."""
