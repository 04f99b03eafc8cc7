//! The egui app: draws a timeline and a verdict; every change is a message that one place applies.
