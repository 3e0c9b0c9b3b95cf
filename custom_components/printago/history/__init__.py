"""Past prints: their results, materials and costs."""
