"""The words of Longpole as frozen structs: executions, steps, events, findings, and what holds between them."""
