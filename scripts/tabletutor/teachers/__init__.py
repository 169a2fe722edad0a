"""Language models as teachers: requests to an endpoint, recorded on a cassette, or decoded locally."""
