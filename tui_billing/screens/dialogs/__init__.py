"""The few modal questions, with the focus on Nein."""
