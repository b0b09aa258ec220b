"""Arithmetic on trees and rows: no database, no clock, no network. Integers in, integers out."""
